package dev.pando.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.checkpoint.format.CheckpointSettings;
import dev.pando.checkpoint.format.Doors;
import dev.pando.checkpoint.storage.FolderStorage;
import dev.pando.training.step.CheckpointStore.Saved;
import dev.pando.training.step.TrainerState;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// What did not change is not written again.
class ReuseTest {
    private static final Path FOLDER = Path.of("/checkpoints");
    private static final CheckpointSettings SETTINGS = new CheckpointSettings(1, 256, 64, 1, 0);

    private final SimulatedDisk disk = new SimulatedDisk(1);
    private final Checkpoints checkpoints = new Checkpoints(new FolderStorage(disk, FOLDER), "a", SETTINGS);

    private Checkpoints.Written save(TrainerState state) {
        return checkpoints.save(state.step(), state.history(), Doors.parts(state.spans()), Map.of());
    }

    private void assertHolds(Saved saved, TrainerState state) {
        TrainerState into = States.zeros(saved.step());
        checkpoints.load(saved, into.spans());
        States.assertSame(into, state);
    }

    @Test
    void shouldWriteOnlyWhatChanged() {
        long first = save(States.frozenAfter(1)).writtenBytes();

        Checkpoints.Written second = save(States.frozenAfter(2));

        assertThat(second.writtenBytes()).isLessThan(first);
        assertHolds(second.saved(), States.frozenAfter(2)); // though step 1 is gone
        assertThat(checkpoints.list()).hasSize(1);
        assertThat(checkpoints.newest().damaged()).isEmpty();
    }

    @Test
    void shouldWriteNoTensorsWhenOnlyTheStepChanged() {
        TrainerState state = States.after(1);
        save(state);

        Checkpoints.Written second = save(new TrainerState(2, States.history(2), state.spans()));

        assertThat(second.writtenBytes()).isZero();
        assertHolds(second.saved(), state);
    }

    @Test
    void shouldNotInheritDamage() throws IOException {
        TrainerState state = States.after(1);
        Saved first = save(state).saved();
        for (String file : disk.list(FOLDER.resolve(first.id()))) {
            if (file.endsWith(".safetensors")) {
                Path path = FOLDER.resolve(first.id()).resolve(file);
                byte[] bytes = disk.contents(path).clone();
                bytes[bytes.length - 65] ^= 1;
                disk.overwrite(path, bytes);
            }
        }

        Checkpoints.Written second = save(new TrainerState(2, States.history(2), state.spans()));

        assertThat(second.writtenBytes()).isPositive();
        assertHolds(second.saved(), state);
        assertThat(checkpoints.newest().saved()).contains(second.saved());
    }

    @Test
    void shouldWriteAllWhereFilesCannotHaveTwoNames() {
        disk.links = false;
        long first = save(States.frozenAfter(1)).writtenBytes();

        Checkpoints.Written second = save(States.frozenAfter(2));

        assertThat(second.writtenBytes()).isEqualTo(first);
        assertHolds(second.saved(), States.frozenAfter(2));
    }

    @Test
    void shouldWriteWhatAnotherProcessRemovesWhileItIsTakenOver() {
        Saved first = save(States.frozenAfter(1)).saved();
        disk.beforeLink = () -> new FolderStorage(disk, FOLDER).remove(first.id());

        Checkpoints.Written second = save(States.frozenAfter(2));

        assertHolds(second.saved(), States.frozenAfter(2));
        assertThat(checkpoints.list()).containsExactly(second.saved());
    }

    @Test
    void shouldReadLargerChunksThanItsOwn() {
        Checkpoints large =
                new Checkpoints(new FolderStorage(disk, FOLDER), "a", new CheckpointSettings(3, 4096, 512, 1, 0));
        TrainerState state = States.after(1);
        Saved saved = large.save(state, Map.of());

        assertHolds(saved, state);
        assertThat(checkpoints.newest().saved()).contains(saved);
    }
}
