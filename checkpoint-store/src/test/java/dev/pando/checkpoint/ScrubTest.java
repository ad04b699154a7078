package dev.pando.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.checkpoint.format.CheckpointSettings;
import dev.pando.checkpoint.storage.FolderStorage;
import dev.pando.training.step.CheckpointStore.Saved;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// What lies there is read again from time to time, and what is damaged by then does not count.
class ScrubTest {
    private static final Path FOLDER = Path.of("/checkpoints");
    private static final CheckpointSettings SETTINGS = new CheckpointSettings(2, 192, 64, 1, 0);

    private final SimulatedDisk disk = new SimulatedDisk(1);

    private Checkpoints open(CheckpointSettings settings) {
        return new Checkpoints(new FolderStorage(disk, FOLDER), "a", settings);
    }

    private void damage(Saved saved) throws IOException {
        Path folder = FOLDER.resolve(saved.id());
        Path file =
                folder.resolve(
                        disk.list(folder).stream()
                                .filter(name -> name.endsWith("safetensors"))
                                .findFirst()
                                .orElseThrow());
        byte[] bytes = disk.contents(file).clone();
        bytes[bytes.length - 70] ^= 16;
        disk.overwrite(file, bytes);
    }

    @Test
    void shouldReadAllInTurnAndNameTheOneThatIsDamaged() throws IOException {
        try (Checkpoints checkpoints = open(SETTINGS.withKeep(3))) {
            checkpoints.save(States.after(1), Map.of());
            Saved second = checkpoints.save(States.after(2), Map.of());
            checkpoints.save(States.after(3), Map.of());
            damage(second);

            List<Optional<String>> found = new ArrayList<>();
            for (int n = 0; n < 6; n++) {
                found.add(checkpoints.scrub());
            }

            assertThat(found.get(0)).isEmpty();
            assertThat(found.get(1))
                    .hasValueSatisfying(sentence ->
                            assertThat(sentence)
                                    .startsWith("checkpoint " + second.id() + " is damaged: ")
                                    .endsWith("; it is not counted any more"));
            assertThat(found.get(2)).isEmpty();
            assertThat(found.subList(3, 6)).as("once more from the oldest").isEqualTo(found.subList(0, 3));
        }
    }

    @Test
    void shouldKeepASoundOneInTheDamagedOnesPlace() throws IOException {
        try (Checkpoints checkpoints = open(SETTINGS)) {
            checkpoints.save(States.after(1), Map.of());
            Saved second = checkpoints.save(States.after(2), Map.of());
            damage(second);
            checkpoints.scrub();
            checkpoints.scrub();

            checkpoints.save(States.after(3), Map.of());

            assertThat(checkpoints.list()).extracting(Saved::step).containsExactly(3L, 2L, 1L);
            assertThat(checkpoints.newest().saved().orElseThrow().step()).isEqualTo(3);
        }
    }

    @Test
    void shouldReadNothingWhereNothingIsOrNobodyWantsIt() {
        try (Checkpoints empty = open(SETTINGS);
                Checkpoints quiet = open(new CheckpointSettings(2, 192, 64, 1, 0, false))) {
            assertThat(empty.scrub()).isEmpty();
            assertThat(quiet.scrub()).isEmpty();
        }
    }
}
