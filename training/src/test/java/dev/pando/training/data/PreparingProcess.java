package dev.pando.training.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Optional;

/// A separate process that prepares data: `corpus prepared go-on|stop-half-way`. Prints the digest at the end.
final class PreparingProcess {
    private PreparingProcess() {}

    public static void main(String[] arguments) {
        DataConfig config = PreparationTest.config(Path.of(arguments[0]), Path.of(arguments[1]), Optional.empty(), 300);
        boolean stops = arguments[2].equals("stop-half-way");
        Progress progress =
                (phase, documents, bytes, total) -> {
                    if (stops && phase == Progress.Phase.ENCODING) {
                        System.out.println("half way");
                        waitToBeKilled();
                    }
                };
        try (PreparedData data = PreparedData.prepare(config, progress)) {
            System.out.println(data.digest());
        }
    }

    private static void waitToBeKilled() {
        try {
            // or for the parent to be gone
            System.in.read();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
