package dev.pando.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.checkpoint.format.CheckpointSettings;
import dev.pando.checkpoint.format.ManifestFormat;
import dev.pando.training.step.CheckpointStore.Newest;
import dev.pando.training.step.TrainerState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A checkpoint of every version of the format lies beside this test as it was written, and stays readable.
class VersionTest {
    private static final Path WRITTEN = Path.of("src/test/resources/formats");

    @TempDir Path folder;

    @Test
    void shouldHaveACheckpointOfEveryVersion() throws IOException {
        try (Stream<Path> versions = Files.list(WRITTEN)) {
            assertThat(versions).hasSize(ManifestFormat.VERSION);
        }
    }

    @Test
    void shouldReadWhatEveryVersionWrote() throws IOException {
        for (int version = 1; version <= ManifestFormat.VERSION; version++) {
            Path copy = folder.resolve("format-" + version);
            copy(WRITTEN.resolve("format-" + version), copy);
            try (Checkpoints checkpoints = Checkpoints.in(copy, "a", CheckpointSettings.DEFAULT)) {
                Newest newest = checkpoints.newest();
                TrainerState into = States.zeros(5);
                checkpoints.load(newest.saved().orElseThrow(), into.spans());

                assertThat(newest.damaged()).isEmpty();
                assertThat(newest.saved().orElseThrow().attributes()).isEqualTo(States.ATTRIBUTES);
                assertThat(newest.saved().orElseThrow().history()).isEqualTo(States.history(5));
                States.assertSame(into, States.after(5));
                assertThat(checkpoints.inspect("5").parent()).startsWith("step-0000000004-");
            }
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Path target = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(file, target);
                }
            }
        }
    }
}
