package dev.pando.runtime.cli;

import dev.pando.runtime.GroveClient;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// Ends a job of a grove, so that it can be gone on with.
@Command(
        name = "cancel",
        description = "Ends a job of a grove after the step in flight, with a checkpoint.",
        footer = {"", "Submitted again with --resume it goes on from there."})
public final class CancelCommand implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "JOB", description = "The job's name.")
    private String job;

    @Mixin private GroveOptions grove;

    @Option(names = "--now", description = "At once, with what is durable already.")
    private boolean now;

    @Override
    public Integer call() {
        GroveClient.alreadyAt(grove.nodes()).end(job, now);
        spec.commandLine()
                .getOut()
                .println(job + (now ? " ends now" : " ends after the step in flight, with a checkpoint"));
        spec.commandLine().getOut().flush();
        return 0;
    }
}
