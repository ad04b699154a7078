package dev.pando.bench.checkpoints;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Another JVM of the same build.
final class Child {
    private Child() {}

    static Process start(Class<?> main, Options options) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(flag -> !flag.startsWith("-Xmx"))
                .forEach(command::add);
        command.addAll(List.of("-Xmx3g", "-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(List.of("--model-mb", "" + options.modelMb()));
        return new ProcessBuilder(command).redirectError(Redirect.INHERIT).start();
    }
}
