package dev.pando.bench.checkpoints;

import dev.pando.runtime.processes.OwnJvm;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.util.List;

/// Another JVM of the same build.
final class Child {
    private Child() {}

    static Process start(Class<?> main, Options options) throws IOException {
        List<String> command = OwnJvm.command(main.getName(), "-Xmx");
        command.add(1, "-Xmx3g");
        command.addAll(List.of("--model-mb", "" + options.modelMb()));
        return new ProcessBuilder(command).redirectError(Redirect.INHERIT).start();
    }
}
