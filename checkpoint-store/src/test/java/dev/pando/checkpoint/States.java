package dev.pando.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.checkpoint.format.Shapes;
import dev.pando.training.step.LossHistory;
import dev.pando.training.step.TrainerState;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/// Small states of odd shapes whose every bit follows from their step.
public final class States {
    static final Map<String, String> ATTRIBUTES = Map.of("config", "pando.job { seed = 1 }", "data", "sha256:00ff");

    private static final Map<String, List<Long>> SHAPES =
            new java.util.TreeMap<>(
                    Map.of(
                            "model.norm.weight", List.of(7L),
                            "model.layers.0.feed_forward.w1.weight", List.of(13L, 5L),
                            "output.weight", List.of(16L, 4L),
                            "scalar", List.of(),
                            "empty", List.of(0L, 3L)));

    private States() {}

    public static TrainerState zeros(long step) {
        List<TrainerState.Span> spans = new ArrayList<>();
        for (String prefix : List.of("", "exp_avg/", "exp_avg_sq/")) {
            SHAPES.forEach((name, shape) ->
                    spans.add(
                            new TrainerState.Span(
                                    prefix + name,
                                    shape,
                                    Arena.ofAuto().allocate(Shapes.elements(shape) * Float.BYTES, 64))));
        }
        return new TrainerState(step, history(step), spans);
    }

    public static LossHistory history(long step) {
        LossHistory history = LossHistory.EMPTY;
        for (long at = 0; at < step; at++) {
            history = history.then(at, 10.0 / (at + 1), 1.0);
        }
        return history;
    }

    /// Any bits, NaNs among them: a checkpoint is no place to be choosy.
    public static TrainerState after(long step) {
        TrainerState state = zeros(step);
        Random random = new Random(step * 31 + 7);
        for (TrainerState.Span span : state.spans()) {
            for (long at = 0; at < span.data().byteSize(); at += Float.BYTES) {
                span.data().set(ValueLayout.JAVA_INT, at, random.nextInt());
            }
        }
        return state;
    }

    /// As [#after], but the weights are those of step 0: what a job with frozen layers saves.
    static TrainerState frozenAfter(long step) {
        TrainerState weights = after(0);
        TrainerState state = after(step);
        for (int i = 0; i < SHAPES.size(); i++) {
            state.spans().get(i).data().copyFrom(weights.spans().get(i).data());
        }
        return state;
    }

    public static void assertSame(TrainerState actual, TrainerState expected) {
        assertThat(actual.spans()).hasSameSizeAs(expected.spans());
        for (int i = 0; i < actual.spans().size(); i++) {
            MemorySegment left = actual.spans().get(i).data();
            MemorySegment right = expected.spans().get(i).data();
            assertThat(left.mismatch(right))
                    .as("first differing byte of " + actual.spans().get(i).name())
                    .isEqualTo(-1);
        }
    }
}
