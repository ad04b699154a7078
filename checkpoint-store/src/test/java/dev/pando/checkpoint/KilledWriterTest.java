package dev.pando.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.checkpoint.format.CheckpointName;
import dev.pando.checkpoint.format.CheckpointSettings;
import dev.pando.checkpoint.io.Disk;
import dev.pando.checkpoint.io.LocalDisk;
import dev.pando.checkpoint.storage.FolderStorage;
import dev.pando.checkpoint.storage.Storage;
import dev.pando.training.step.CheckpointStore.Newest;
import dev.pando.training.step.CheckpointStore.Saved;
import dev.pando.training.step.TrainerState;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Writers that are processes of their own, and end by SIGKILL.
class KilledWriterTest {
    private static final CheckpointSettings SETTINGS = new CheckpointSettings(2, 192, 64, 1, 0);

    @TempDir Path folder;

    /// Another process; it says what it did line by line.
    static final class Writer {
        public static void main(String[] arguments) throws IOException {
            Path folder = Path.of(arguments[1]);
            if (arguments[0].equals("draft")) {
                try (Storage.Draft draft =
                                new FolderStorage(new LocalDisk(), folder).draft("step-0000000009-000000000000", 0);
                        Disk.Output file = draft.create("half", 10)) {
                    file.write(ByteBuffer.wrap(new byte[10]));
                    IO.println("drafting");
                    System.in.read();
                }
            }
            try (Checkpoints checkpoints = Checkpoints.in(folder, "a", SETTINGS)) {
                for (long step = 1; ; step++) {
                    checkpoints.save(States.after(step), Map.of());
                    IO.println(step);
                }
            }
        }
    }

    private Process start(String what) throws IOException {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        return new ProcessBuilder(
                        java,
                        "-XX:TieredStopAtLevel=1",
                        "-Xshare:auto",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Writer.class.getName(),
                        what,
                        folder.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private List<String> entries() throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void shouldLeaveALiveWriterAloneAndClearAwayADeadOne() throws Exception {
        Process writer = start("draft");
        try (BufferedReader said = reader(writer)) {
            assertThat(said.readLine()).isEqualTo("drafting");
            List<String> before = entries();
            assertThat(before).hasSize(2);

            Checkpoints.in(folder, "a", SETTINGS).close();
            assertThat(entries()).isEqualTo(before);

            writer.destroyForcibly().waitFor();
            Checkpoints.in(folder, "a", SETTINGS).close();
            assertThat(entries()).isEmpty();
        } finally {
            writer.destroyForcibly().waitFor();
        }
    }

    @Test
    void shouldLeaveALiveWriterOfTheSameProcessAlone() throws IOException {
        try (Storage.Draft draft =
                new FolderStorage(new LocalDisk(), folder).draft("step-0000000009-000000000000", 0)) {
            draft.create("half", 10).close();
            List<String> before = entries();

            Checkpoints.in(folder, "a", SETTINGS).close();

            assertThat(entries()).isEqualTo(before);
        }
        assertThat(entries()).isEmpty();
    }

    @Test
    void shouldHoldWhatWasSavedWheneverTheWriterIsKilled() throws Exception {
        long seed = Long.getLong("seed", 20240326);
        Random random = new Random(seed);
        for (int round = 0; round < 5; round++) {
            Process writer = start("save");
            long said = 0;
            try (BufferedReader lines = reader(writer)) {
                int linesToAwait = 1 + random.nextInt(8);
                for (int n = 0; n < linesToAwait; n++) {
                    said = Long.parseLong(lines.readLine());
                }
                for (int spins = random.nextInt(2_000_000); spins > 0; spins--) {
                    Thread.onSpinWait(); // somewhere within the next save
                }
                writer.destroyForcibly().waitFor();
            } finally {
                writer.destroyForcibly();
            }

            try (Checkpoints checkpoints = Checkpoints.in(folder, "a", SETTINGS)) {
                Newest newest = checkpoints.newest();
                assertThat(newest.damaged()).as("seed " + seed).isEmpty();
                Saved saved = newest.saved().orElseThrow();
                assertThat(saved.step()).as("seed " + seed).isGreaterThanOrEqualTo(said);
                TrainerState into = States.zeros(saved.step());
                checkpoints.load(saved, into.spans());
                States.assertSame(into, States.after(saved.step()));
                assertThat(entries()).allMatch(CheckpointName::isOne);
            }
        }
    }

    private static BufferedReader reader(Process process) {
        return new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }
}
