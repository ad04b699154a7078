package dev.pando.runtime.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/// Lets a trained model go on with a text.
@Command(name = "generate", description = "Lets a trained model go on with a text.")
public final class GenerateCommand implements Callable<Integer> {
    @Override
    public Integer call() {
        return 1;
    }
}
