package dev.pando.runtime.processes;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// The command that starts another JVM like this one: the same `java`, flags and class path.
public final class OwnJvm {
    private static final String DEBUGGER = "-agentlib:jdwp"; // its port is taken

    private OwnJvm() {}

    /// @param main name of the main class
    /// @param without beginnings of flags that the other JVM must not have
    public static List<String> command(String main, String... without) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(flag -> !flag.startsWith(DEBUGGER) && Arrays.stream(without).noneMatch(flag::startsWith))
                .forEach(command::add);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main));
        return command;
    }
}
