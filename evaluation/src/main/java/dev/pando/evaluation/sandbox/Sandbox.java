package dev.pando.evaluation.sandbox;

import dev.pando.evaluation.data.EvaluationException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// Runs a program that a model wrote where it can harm nothing: in separate namespaces, as a user without rights, with
/// little memory, time and space, without a network, and with no file of this machine but those below `/usr`.
///
/// Linux alone can do that: it takes `unshare`, `mount`, `pivot_root`, `prlimit` and `setpriv` of util-linux, and a
/// kernel from 5.14 on that lets users make namespaces. Thread-safe.
public final class Sandbox {
    private static final String SETUP = resource("setup.sh");
    private static final int MOST_OUTPUT = 1 << 16;

    /// For what is killed to be gone: a busy machine takes its time.
    private static final Duration DYING = Duration.ofSeconds(30);

    /// What a program may use.
    ///
    /// @param cpuSeconds of computing for each of its processes; time on the clock is 10 times that, so that a busy
    ///   machine changes no score
    /// @param memoryBytes of address space for each of its processes
    public record Limits(int cpuSeconds, long memoryBytes) {
        public static final Limits USUAL = new Limits(3, 1L << 30);
    }

    /// How a program ended.
    ///
    /// @param code exit code; -1: it was ended because its time on the clock was over
    /// @param output the first of what it wrote to its standard output and error
    public record Outcome(int code, String output) {}

    /// Languages whose interpreter is looked for below `/usr`.
    public enum Language {
        PYTHON(List.of("/usr/bin/python3", "/usr/local/bin/python3"), List.of("-I", "-S", "-B"), true),
        JAVASCRIPT(List.of("/usr/bin/node", "/usr/local/bin/node"), List.of("--max-old-space-size=512"), false);

        private final List<String> places;
        private final List<String> options;
        private final boolean bounded; // some interpreters reserve more address space than they will ever use

        Language(List<String> places, List<String> options, boolean bounded) {
            this.places = places;
            this.options = options;
            this.bounded = bounded;
        }

        private String interpreter() {
            return places.stream()
                    .filter(place -> Files.isExecutable(Path.of(place)))
                    .findFirst()
                    .orElseThrow(() ->
                            new EvaluationException(
                                    "code cannot be run: there is no interpreter at " + String.join(" or ", places)));
        }
    }

    private final Language language;
    private final List<String> command;
    private final Limits limits;

    private Sandbox(Language language, Limits limits) {
        this.language = language;
        this.limits = limits;
        this.command = command();
    }

    /// @throws EvaluationException if this machine cannot contain a program, saying why
    public static Sandbox of(Language language, Limits limits) {
        Sandbox sandbox = new Sandbox(language, limits);
        Outcome tried = sandbox.run(language == Language.PYTHON ? "print('sound')" : "console.log('sound')");
        if (tried.code() != 0 || !tried.output().strip().equals("sound")) {
            throw new EvaluationException(
                    "code cannot be run: this machine gives no namespaces to contain it ("
                            + tried.output().strip().lines().findFirst().orElse("exit code " + tried.code())
                            + "); it takes a kernel from 5.14 on, util-linux, and permission to make user namespaces");
        }
        return sandbox;
    }

    private List<String> command() {
        List<String> words = new ArrayList<>();
        if ("root".equals(System.getProperty("user.name"))) {
            // limits do not bind the root of the machine, so the program must not be its process
            words.addAll(List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"));
        }
        words.addAll(
                List.of(
                        "unshare",
                        "--user",
                        "--map-root-user",
                        "--mount",
                        "--net",
                        "--pid",
                        "--ipc",
                        "--uts",
                        "--fork",
                        "--kill-child=KILL",
                        "--",
                        "/bin/sh",
                        "-c",
                        SETUP,
                        "sandbox"));
        words.add("--cpu=" + limits.cpuSeconds());
        words.add("--data=" + limits.memoryBytes());
        words.add((language.bounded ? "--as=" : "--rss=") + limits.memoryBytes());
        words.add(language.interpreter());
        words.addAll(language.options);
        return words;
    }

    /// Runs a program to its end, or to that of its time.
    public Outcome run(String program) {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true).directory(Path.of("/").toFile());
        builder.environment().clear();
        builder.environment().put("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        Process process;
        try {
            process = builder.start();
        } catch (IOException missing) {
            throw new EvaluationException("code cannot be run: " + missing.getMessage(), missing);
        }
        try {
            StringBuilder output = new StringBuilder();
            Thread reader =
                    Thread.ofPlatform()
                            .daemon()
                            .name("sandbox-output")
                            .start(() -> read(process.getInputStream(), output));
            write(process, program);
            boolean ended = process.waitFor(10L * limits.cpuSeconds(), TimeUnit.SECONDS);
            if (!ended) {
                process.destroyForcibly(); // the first process of the namespace dies with it, and all others with that
                if (!process.waitFor(DYING.toSeconds(), TimeUnit.SECONDS)) {
                    throw new EvaluationException("the sandbox's " + named(process) + " after its SIGKILL");
                }
            }
            if (!reader.join(DYING)) {
                throw new EvaluationException("the output of the sandbox's " + named(process) + " after its end");
            }
            return new Outcome(ended ? process.exitValue() : -1, output.toString());
        } catch (InterruptedException stopped) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new EvaluationException("the evaluation was interrupted while code ran", stopped);
        }
    }

    private static String named(Process process) {
        return "process " + process.pid() + " is still open " + DYING.toSeconds() + " seconds";
    }

    private static void write(Process process, String program) {
        try (OutputStream in = process.getOutputStream()) {
            in.write(program.getBytes(StandardCharsets.UTF_8));
        } catch (IOException ended) {
            // it did not read all of it: its exit code says why
        }
    }

    private static void read(InputStream in, StringBuilder output) {
        byte[] buffer = new byte[8192];
        try (in) {
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                if (output.length() < MOST_OUTPUT) {
                    output.append(new String(buffer, 0, count, StandardCharsets.UTF_8));
                }
            }
        } catch (IOException closed) {
            // as when it ends
        }
    }

    private static String resource(String name) {
        try (InputStream in = Sandbox.class.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException failed) {
            throw new EvaluationException("cannot read " + name + " of the program itself", failed);
        }
    }
}
