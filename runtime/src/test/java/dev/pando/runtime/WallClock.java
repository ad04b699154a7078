package dev.pando.runtime;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/// The wall clock of one process, which a test sets as it likes; Linux only, and with a C compiler.
final class WallClock {
    private final Path library;
    private final Path ahead;

    private WallClock(Path library, Path ahead) {
        this.library = library;
        this.ahead = ahead;
    }

    /// What shows processes other clocks, compiled; empty where that cannot be done.
    static Optional<Path> library(Path folder) throws IOException, InterruptedException {
        Path source = folder.resolve("wall-clock.c");
        Path library = folder.resolve("wall-clock.so");
        try (InputStream text = WallClock.class.getResourceAsStream("wall-clock.c")) {
            Files.write(source, text.readAllBytes());
        }
        try {
            Process compiler =
                    new ProcessBuilder("cc", "-O2", "-shared", "-fPIC", "-o", library.toString(), source.toString())
                            .inheritIO()
                            .start();
            return compiler.waitFor(1, TimeUnit.MINUTES) && compiler.exitValue() == 0
                    ? Optional.of(library)
                    : Optional.empty();
        } catch (IOException noCompiler) {
            return Optional.empty();
        }
    }

    /// @param file for how far it is ahead
    static WallClock of(Path library, Path file, Duration ahead) throws IOException {
        WallClock clock = new WallClock(library, file);
        clock.set(ahead);
        return clock;
    }

    void set(Duration by) throws IOException {
        ByteBuffer seconds = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.nativeOrder()).putLong(0, by.toSeconds());
        // in place: the process has mapped it, and would die where it is cut
        Files.write(ahead, seconds.array(), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    }

    /// What the process's command begins with.
    List<String> command() {
        return List.of("env", "LD_PRELOAD=" + library, "PANDO_WALL_CLOCK=" + ahead);
    }
}
