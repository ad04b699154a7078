package dev.pando.chaos.crash;

import dev.pando.runtime.processes.OwnJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// A `pando train` in a separate process, with the flags and the class path of this one.
final class Child {
    private static final String MAIN = "dev.pando.runtime.cli.Main";
    private static final long LONGEST_RUN_HOURS = 24;

    private final Process process;
    private final Path log;

    private Child(Process process, Path log) {
        this.process = process;
        this.log = log;
    }

    static Child train(List<String> arguments, Path out, boolean resume) {
        List<String> command = OwnJvm.command(MAIN, "-javaagent", "-agentlib");
        command.add("train");
        command.addAll(arguments);
        command.addAll(List.of("--out", out.toString()));
        if (resume) {
            command.add("--resume");
        }
        try {
            Files.createDirectories(out.toAbsolutePath().getParent());
            Path log = out.resolveSibling(out.getFileName() + ".log");
            return new Child(
                    new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                            .start(),
                    log);
        } catch (IOException failed) {
            throw new CrashException("no process could be started: " + failed.getMessage(), failed);
        }
    }

    /// Waits for its end, which must be a good one.
    void finish() {
        if (!finishesWithin(Duration.ofHours(LONGEST_RUN_HOURS))) {
            kill();
            throw new CrashException("a run takes longer than " + LONGEST_RUN_HOURS + " hours, see " + log);
        }
    }

    /// Whether it comes to its end, a good one, before the time has passed.
    boolean finishesWithin(Duration duration) {
        try {
            if (!process.waitFor(duration.toNanos(), TimeUnit.NANOSECONDS)) {
                return false;
            }
        } catch (InterruptedException interrupted) {
            kill();
            Thread.currentThread().interrupt();
            throw new CrashException("interrupted while a run was under way", interrupted);
        }
        if (process.exitValue() != 0) {
            throw new CrashException("a run ended with exit code " + process.exitValue() + ": " + lastLine());
        }
        return true;
    }

    /// SIGKILL: nothing can be said or written any more.
    void kill() {
        process.destroyForcibly();
        try {
            process.waitFor();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private String lastLine() {
        try {
            List<String> lines = Files.readAllLines(log);
            return lines.isEmpty() ? "it said nothing" : lines.getLast();
        } catch (IOException failed) {
            return "its log " + log + " cannot be read";
        }
    }
}
