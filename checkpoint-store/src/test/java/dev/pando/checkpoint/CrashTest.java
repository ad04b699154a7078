package dev.pando.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pando.checkpoint.Survivors.Unsynced;
import dev.pando.checkpoint.format.CheckpointName;
import dev.pando.checkpoint.format.CheckpointSettings;
import dev.pando.checkpoint.format.Manifest;
import dev.pando.checkpoint.storage.FolderStorage;
import dev.pando.training.step.CheckpointStore.CheckpointException;
import dev.pando.training.step.CheckpointStore.Newest;
import dev.pando.training.step.CheckpointStore.Saved;
import dev.pando.training.step.TrainerState;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.LongFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Power cuts, full disks and flipped bits, at every place where they can happen.
class CrashTest {
    private static final Path FOLDER = Path.of("/runs/a/checkpoints");

    /// Several files, several chunks a tensor, a tensor cut over two files.
    private static final CheckpointSettings SMALL = new CheckpointSettings(2, 192, 64, 1, 0);

    private static Checkpoints open(SimulatedDisk disk) {
        Checkpoints checkpoints = new Checkpoints(new FolderStorage(disk, FOLDER), "a", SMALL);
        checkpoints.sweep();
        return checkpoints;
    }

    private static void assertHolds(Checkpoints checkpoints, Saved saved) {
        assertHolds(checkpoints, saved, States.after(saved.step()));
    }

    private static void assertHolds(Checkpoints checkpoints, Saved saved, TrainerState state) {
        TrainerState read = States.zeros(saved.step());
        checkpoints.load(saved, read.spans());
        States.assertSame(read, state);
        assertThat(saved.history()).isEqualTo(States.history(saved.step()));
        assertThat(saved.attributes()).isEqualTo(States.ATTRIBUTES);
    }

    @ParameterizedTest
    @EnumSource(Unsynced.class)
    void shouldHoldACommittedCheckpointWhereverThePowerIsCut(Unsynced fate) throws IOException {
        cutEverywhere(fate, States::after);
    }

    @ParameterizedTest
    @EnumSource(Unsynced.class)
    void shouldHoldACommittedCheckpointWhereverThePowerIsCutWhenFilesAreTakenOver(Unsynced fate) throws IOException {
        cutEverywhere(fate, States::frozenAfter);
    }

    private static void cutEverywhere(Unsynced fate, LongFunction<TrainerState> states) throws IOException {
        for (long cut = 1; ; cut++) {
            SimulatedDisk disk = new SimulatedDisk(cut);
            try (Checkpoints before = open(disk)) {
                before.save(states.apply(1), States.ATTRIBUTES);
                before.save(states.apply(2), States.ATTRIBUTES);
            }

            boolean saved = true;
            disk.cutAfter(cut);
            try (Checkpoints writer = open(disk)) {
                writer.save(states.apply(3), States.ATTRIBUTES); // and removes step 1
            } catch (CheckpointException powerCut) {
                assertThat(powerCut).hasRootCauseInstanceOf(SimulatedDisk.PowerCut.class);
                saved = false;
            }
            boolean reached = disk.hasFailed();
            disk.powerCut(fate);

            try (Checkpoints after = open(disk)) {
                Newest newest = after.newest();
                assertThat(newest.damaged()).as("cut at call " + cut).isEmpty();
                assertThat(newest.saved().orElseThrow().step()).isIn(saved ? List.of(3L) : List.of(2L, 3L));
                Saved found = newest.saved().orElseThrow();
                assertHolds(after, found, states.apply(found.step()));
                assertThat(disk.list(FOLDER)).allMatch(CheckpointName::isOne);
                after.save(states.apply(3), States.ATTRIBUTES);
                assertHolds(after, after.newest().saved().orElseThrow(), states.apply(3));
                assertThat(after.list()).extracting(Saved::step).containsExactly(3L, 2L);
            }
            if (!reached) {
                assertThat(saved).isTrue();
                assertThat(cut).as("calls of a save").isGreaterThan(20);
                return;
            }
        }
    }

    @Test
    void shouldHoldTheFirstCheckpointOnceSaveReturns() throws IOException {
        SimulatedDisk disk = new SimulatedDisk(1);
        try (Checkpoints writer = open(disk)) {
            writer.save(States.after(1), States.ATTRIBUTES);
        }

        disk.powerCut(Unsynced.LOST);

        try (Checkpoints after = open(disk)) {
            assertHolds(after, after.newest().saved().orElseThrow());
        }
    }

    @Test
    void shouldPassOverTheNewestWhenAnyByteOfAnyFileIsFlipped() throws IOException {
        SimulatedDisk disk = new SimulatedDisk(1);
        try (Checkpoints checkpoints = open(disk)) {
            checkpoints.save(States.after(1), States.ATTRIBUTES);
            Saved newest = checkpoints.save(States.after(2), States.ATTRIBUTES);
            Path folder = FOLDER.resolve(newest.id());
            for (String file : disk.list(folder)) {
                byte[] sound = disk.contents(folder.resolve(file));
                for (int at = 0; at < sound.length; at++) {
                    byte[] flipped = sound.clone();
                    flipped[at] ^= (byte) (1 << at % 8);
                    disk.overwrite(folder.resolve(file), flipped);

                    assertPassedOver(checkpoints, newest, file + " with byte " + at + " flipped");
                }
                disk.overwrite(folder.resolve(file), sound);
            }
            assertHolds(checkpoints, checkpoints.newest().saved().orElseThrow());
        }
    }

    @Test
    void shouldPassOverTheNewestWhenAnyFileIsCutOrLengthenedOrGone() throws IOException {
        SimulatedDisk disk = new SimulatedDisk(1);
        try (Checkpoints checkpoints = open(disk)) {
            checkpoints.save(States.after(1), States.ATTRIBUTES);
            Saved newest = checkpoints.save(States.after(2), States.ATTRIBUTES);
            Path folder = FOLDER.resolve(newest.id());
            for (String file : disk.list(folder)) {
                byte[] sound = disk.contents(folder.resolve(file));
                for (int length = 0; length <= sound.length + 1; length++) {
                    if (length != sound.length) {
                        disk.overwrite(folder.resolve(file), java.util.Arrays.copyOf(sound, length));
                        assertPassedOver(checkpoints, newest, file + " cut to " + length);
                    }
                }
                disk.overwrite(folder.resolve(file), sound);
            }
            disk.remove(folder.resolve(disk.list(folder).getLast()));
            assertPassedOver(checkpoints, newest, "a missing file");
            disk.remove(folder.resolve(Manifest.FILE));
            assertPassedOver(checkpoints, newest, "a missing manifest");
        }
    }

    private static void assertPassedOver(Checkpoints checkpoints, Saved damaged, String how) {
        Newest found = checkpoints.newest();

        assertThat(found.saved().orElseThrow().step()).as(how).isEqualTo(1);
        assertThat(found.damaged())
                .singleElement()
                .asString()
                .startsWith("checkpoint " + damaged.id() + " is damaged: ");
        TrainerState into = States.zeros(2);
        try {
            checkpoints.load(damaged, into.spans());
            States.assertSame(into, States.after(2)); // damage beside the tensors: in a header, behind the end
        } catch (CheckpointException refused) {
            assertThat(refused).hasMessageContaining(damaged.id());
        }
    }

    @Test
    void shouldWriteTheSameStateAgainWhenTheOneThatIsThereIsDamaged() throws IOException {
        SimulatedDisk disk = new SimulatedDisk(1);
        try (Checkpoints checkpoints = open(disk)) {
            Saved first = checkpoints.save(States.after(2), States.ATTRIBUTES);
            Path file = FOLDER.resolve(first.id()).resolve(disk.list(FOLDER.resolve(first.id())).getLast());
            byte[] bytes = disk.contents(file).clone();
            bytes[bytes.length - 70] ^= 1;
            disk.overwrite(file, bytes);

            Saved second = checkpoints.save(States.after(2), States.ATTRIBUTES);

            assertThat(second.id()).isEqualTo(first.id() + "-2");
            assertHolds(checkpoints, checkpoints.newest().saved().orElseThrow());
        }
    }

    @Test
    void shouldWriteNothingWhenTheSameStateIsThere() {
        SimulatedDisk disk = new SimulatedDisk(1);
        try (Checkpoints checkpoints = open(disk)) {
            Saved first = checkpoints.save(States.after(2), States.ATTRIBUTES);
            long calls = disk.calls();

            Saved second = checkpoints.save(States.after(2), States.ATTRIBUTES);

            assertThat(second).isEqualTo(first);
            assertThat(disk.calls()).isEqualTo(calls);
        }
    }

    @Test
    void shouldLeaveNothingHalfWrittenWhenTheDiskFillsUpAtAnyCall() throws IOException {
        for (long call = 1; ; call++) {
            SimulatedDisk disk = new SimulatedDisk(call);
            try (Checkpoints checkpoints = open(disk)) {
                checkpoints.save(States.after(1), States.ATTRIBUTES);
                disk.failAfter(call, "No space left on device");
                try {
                    checkpoints.save(States.after(2), States.ATTRIBUTES);
                } catch (CheckpointException full) {
                    assertThat(full)
                            .hasMessageStartingWith(
                                    "the checkpoint of step 2 was not saved to " + FOLDER + ": no space is left there");
                }
                boolean reached = disk.hasFailed();
                disk.heal();
                checkpoints.sweep();
                assertThat(disk.list(FOLDER)).allMatch(CheckpointName::isOne);
                assertHolds(checkpoints, checkpoints.newest().saved().orElseThrow());
                if (!reached) {
                    assertThat(call).as("calls of a save").isGreaterThan(30);
                    return;
                }
            }
        }
    }

    @Test
    void shouldNotBeginWhereThereIsNoRoomForAll() throws IOException {
        SimulatedDisk disk = new SimulatedDisk(1);
        disk.free = 1000;
        try (Checkpoints checkpoints = open(disk)) {
            assertThatThrownBy(() -> checkpoints.save(States.after(1), Map.of()))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContaining("only 1.0 kB are free there (the checkpoint has 1.6 kB)");
            assertThat(disk.list(FOLDER)).isEmpty();
        }
    }
}
