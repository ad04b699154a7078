package dev.pando.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pando.checkpoint.format.CheckpointSettings;
import dev.pando.training.step.CheckpointStore.CheckpointException;
import dev.pando.training.step.CheckpointStore.Saved;
import dev.pando.training.step.TrainerState;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Inspects checkpoints of any writer.
class InspectionTest {
    @TempDir Path folder;

    private Saved save(TrainerState state, CheckpointSettings settings) {
        try (Checkpoints checkpoints = Checkpoints.in(folder, "a", settings)) {
            return checkpoints.save(state, States.ATTRIBUTES);
        }
    }

    private static CheckpointSettings settings(long fileBytes, int chunkBytes) {
        return new CheckpointSettings(10, fileBytes, chunkBytes, 1, 0);
    }

    @Test
    void shouldShowWhatACheckpointHolds() {
        Saved saved = save(States.after(5), settings(192, 64));
        try (Checkpoints checkpoints = Checkpoints.of(folder)) {
            Inspection inspection = checkpoints.inspect("newest");

            assertThat(inspection.id()).isEqualTo(saved.id());
            assertThat(inspection.bytes()).isEqualTo(saved.bytes());
            assertThat(inspection.attributes()).isEqualTo(States.ATTRIBUTES);
            assertThat(inspection.tensors())
                    .contains(
                            new Inspection.Tensor(
                                    "exp_avg/model.layers.0.feed_forward.w1.weight", "F32", List.of(13L, 5L), 2));
            assertThat(checkpoints.inspect("5")).isEqualTo(inspection);
            assertThat(checkpoints.inspect("step-00")).isEqualTo(inspection);
            assertThat(checkpoints.verify("5")).isEmpty();
            assertThatThrownBy(() -> checkpoints.inspect("6"))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessage("there is no checkpoint 6 in " + folder + "; the newest is " + saved.id());
        }
    }

    @Test
    void shouldFindNoDifferenceInTheSameBitsCutDifferently() {
        Saved one = save(States.after(5), settings(192, 64));
        Saved other = save(new TrainerState(6, States.history(6), States.after(5).spans()), settings(4096, 128));
        try (Checkpoints checkpoints = Checkpoints.of(folder)) {
            assertThat(checkpoints.diff(one.id(), other.id())).isEmpty();
        }
    }

    @Test
    void shouldSayWhichTensorsDifferAndByHowMuch() {
        TrainerState state = States.zeros(5);
        save(state, settings(192, 64));
        state.spans().get(1).data().setAtIndex(ValueLayout.JAVA_FLOAT, 17, -2.5f);
        state.spans().get(1).data().setAtIndex(ValueLayout.JAVA_FLOAT, 60, 0.5f);
        save(new TrainerState(6, States.history(6), state.spans().subList(0, 14)), settings(192, 64));
        try (Checkpoints checkpoints = Checkpoints.of(folder)) {
            assertThat(checkpoints.diff("5", "6"))
                    .containsExactly(
                            new Difference.OtherBits(state.spans().get(1).name(), 2, 65, 2.5),
                            new Difference.OnlyInFirst("exp_avg_sq/scalar"));
            assertThat(checkpoints.diff("6", "5")).contains(new Difference.OnlyInSecond("exp_avg_sq/scalar"));
        }
    }

    @Test
    void shouldPruneToTheSoundOnesAndNeverTakeTheLast() throws IOException {
        List<Saved> saved =
                List.of(
                        save(States.after(1), settings(192, 64)),
                        save(States.after(2), settings(192, 64)),
                        save(States.after(3), settings(192, 64)));
        for (Saved damaged : saved.subList(1, 3)) {
            Files.write(folder.resolve(damaged.id()).resolve("manifest.json"), new byte[] {1});
        }
        try (Checkpoints checkpoints = Checkpoints.of(folder)) {
            assertThat(checkpoints.prune(1)).isEmpty();
            assertThat(checkpoints.inspectAll()).extracting(Inspection::step).containsExactly(3L, 2L, 1L);
            assertThat(checkpoints.inspectAll().getFirst().fault())
                    .contains("its manifest is cut short or not one of Pando's");

            save(States.after(4), settings(192, 64));
            assertThat(checkpoints.prune(2)).isEmpty();
            assertThat(checkpoints.prune(1)).hasSize(3);
            assertThat(checkpoints.list()).extracting(Saved::step).containsExactly(4L);
        }
    }

    @Test
    void shouldNotSaveWhereItOnlyLooks() {
        try (Checkpoints checkpoints = Checkpoints.of(folder)) {
            assertThatThrownBy(() -> checkpoints.save(States.after(1), Map.of()))
                    .isInstanceOf(IllegalStateException.class);
        }
    }
}
