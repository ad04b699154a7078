package dev.pando.runtime.journal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/// A real PostgreSQL of a test's own, which can be killed and started again.
final class PostgresServer implements AutoCloseable {
    private static final String BINARIES = "/postgres-linux-x86_64.txz";
    private static final int NOBODY = 65_534; // the server refuses to run as root
    private static final long PATIENCE_SECONDS = 30;

    private final Path folder;
    private final int port;
    private Process server;

    private PostgresServer(Path folder, int port) {
        this.folder = folder;
        this.port = port;
    }

    /// Skips the test where there is no PostgreSQL for the machine or it cannot be started, and says why.
    static PostgresServer start() throws IOException, InterruptedException {
        boolean linux = System.getProperty("os.name").equals("Linux") && System.getProperty("os.arch").equals("amd64");
        Assumptions.assumeTrue(linux, "the tests' PostgreSQL is for Linux on x86-64 only");
        Assumptions.assumeTrue(has("tar") && has("xz"), "tar and xz are needed to unpack the tests' PostgreSQL");
        Assumptions.assumeTrue(!isRoot() || has("setpriv"), "PostgreSQL does not run as root, and there is no setpriv");
        Path folder = Files.createTempDirectory("pando-postgres");
        try (InputStream binaries = PostgresServer.class.getResourceAsStream(BINARIES);
                ServerSocket free = new ServerSocket(0)) {
            Files.copy(binaries, folder.resolve("binaries.txz"), StandardCopyOption.REPLACE_EXISTING);
            PostgresServer server = new PostgresServer(folder, free.getLocalPort());
            server.unpack();
            server.startAgain();
            return server;
        }
    }

    private void unpack() throws IOException, InterruptedException {
        run("tar", "-xJf", folder.resolve("binaries.txz").toString(), "-C", folder.toString());
        if (isRoot()) {
            run("chown", "-R", NOBODY + ":" + NOBODY, folder.toString());
        }
        runAsNobody("bin/initdb", "-D", "data", "-U", "pando", "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C");
    }

    String url() {
        return PostgresLedger.SCHEME + "//127.0.0.1:" + port + "/postgres?user=pando";
    }

    /// Memory that its processes share lies in its folder and goes with it: elsewhere a killed server leaves it behind.
    void startAgain() throws IOException {
        server =
                new ProcessBuilder(
                                asNobody(
                                        "bin/postgres",
                                        "-D",
                                        "data",
                                        "-p",
                                        Integer.toString(port),
                                        "-h",
                                        "127.0.0.1",
                                        "-k",
                                        folder.toString(),
                                        "-c",
                                        "dynamic_shared_memory_type=mmap"))
                        .directory(folder.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(folder.resolve("log").toFile())
                        .start();
    }

    /// As a power cut would.
    void kill() throws InterruptedException {
        List<ProcessHandle> children = server.descendants().toList();
        children.forEach(ProcessHandle::destroyForcibly);
        server.destroyForcibly();
        assertThat(server.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        // The next one does not start while one of them has the memory that they share.
        CompletableFuture.allOf(children.stream().map(ProcessHandle::onExit).toArray(CompletableFuture<?>[]::new))
                .completeOnTimeout(null, PATIENCE_SECONDS, TimeUnit.SECONDS)
                .join();
    }

    @Override
    public void close() throws IOException {
        try {
            kill();
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted((a, b) -> b.compareTo(a)).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }

    private void runAsNobody(String... command) throws IOException, InterruptedException {
        run(asNobody(command).toArray(String[]::new));
    }

    private void run(String... command) throws IOException, InterruptedException {
        Path said = folder.resolve("said");
        Process process =
                new ProcessBuilder(command)
                        .directory(folder.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(said.toFile())
                        .start();
        boolean ended = process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
        if (!ended) {
            process.destroyForcibly();
        }
        // A sandbox may let no process become another user, or mount folders that others cannot enter.
        Assumptions.assumeTrue(
                ended && process.exitValue() == 0,
                () -> "PostgreSQL cannot be started here: " + String.join(" ", command) + ": " + text(said));
    }

    private static String text(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (IOException unreadable) {
            return unreadable.toString();
        }
    }

    private static List<String> asNobody(String... command) {
        List<String> whole = new ArrayList<>();
        if (isRoot()) {
            whole.addAll(List.of("setpriv", "--reuid=" + NOBODY, "--regid=" + NOBODY, "--clear-groups"));
        }
        whole.addAll(Arrays.asList(command));
        return whole;
    }

    private static boolean isRoot() {
        return System.getProperty("user.name").equals("root");
    }

    private static boolean has(String tool) {
        return Stream.of(System.getenv("PATH").split(":")).anyMatch(path -> Files.isExecutable(Path.of(path, tool)));
    }
}
