package dev.pando.training.step;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pando.training.step.Trainer.Committed;
import dev.pando.training.step.Trainer.Examined;
import dev.pando.training.step.Trainer.ShardLoss;
import dev.pando.training.tensor.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SkipRuleTest {
    private static final SkipRule RULE = new SkipRule(10, 2);
    private static final ShardLoss LOSS = new ShardLoss(30, 10);

    @Test
    void shouldObjectToWhatIsNoNumberFromTheFirstStepOn() {
        assertThat(RULE.objection(LossHistory.EMPTY, new ShardLoss(Double.NaN, 10), norm(1)))
                .hasValue("no finite loss");
        assertThat(RULE.objection(LossHistory.EMPTY, new ShardLoss(0, 0), norm(1))).hasValue("no finite loss");
        assertThat(RULE.objection(LossHistory.EMPTY, LOSS, norm(Double.POSITIVE_INFINITY)))
                .hasValue("no finite gradient norm");
        assertThat(RULE.objection(LossHistory.EMPTY, LOSS, norm(1e30))).isEmpty();
    }

    @Test
    void shouldObjectToASpikeOnceItKnowsWhatIsUsual() {
        LossHistory seven = LossHistory.EMPTY;
        for (int step = 0; step < 7; step++) {
            seven = seven.then(step, 3, 2);
        }
        LossHistory eight = seven.then(7, 3, 2);

        assertThat(RULE.objection(seven, LOSS, norm(21))).isEmpty();
        assertThat(RULE.objection(eight, LOSS, norm(20))).isEmpty();
        assertThat(RULE.objection(eight, LOSS, norm(20.5)))
                .hasValue("a gradient norm of 20.5, more than 10.0 times the median of the last steps, 2.0");
        assertThat(new SkipRule(0, 2).objection(eight, LOSS, norm(1e30))).isEmpty();
    }

    @Test
    void shouldSkipSoManyStepsInARowAndNoMore() {
        LossHistory one = LossHistory.EMPTY.skipping(0);

        assertThat(RULE.maySkip(one)).isTrue();
        assertThat(RULE.maySkip(one.skipping(1))).isFalse();
        assertThat(RULE.maySkip(one.skipping(1).then(2, 3, 2))).isTrue();
    }

    @Test
    void shouldRefuseWhatMakesNoSense() {
        assertThatThrownBy(() -> new SkipRule(1, 3)).hasMessageStartingWith("spike-factor must be above 1");
        assertThatThrownBy(() -> new SkipRule(10, 32))
                .hasMessageStartingWith("steps-in-a-row must be between 0 and 31");
    }

    @Test
    void shouldLeaveWeightsAndMomentsAsTheyAreInASkippedStep() {
        try (Arena arena = Arena.ofShared();
                ModelTrainer model = Jobs.trainer(arena, 1, false);
                ModelTrainer other = Jobs.trainer(arena, 1, false)) {
            List<Committed> steps = new ArrayList<>();
            new PlainLoop(new Poisoned(model, 2), Jobs.PLAN.shards(), Memory.of(arena), RULE).run(3, steps::add);
            new PlainLoop(other, Jobs.PLAN.shards(), Memory.of(arena), RULE).run(2, step -> {});

            assertThat(steps.getLast()).isEqualTo(Committed.skipped(2, Jobs.RECIPE.learningRate(2)));
            assertThat(model.step()).isEqualTo(3);
            assertThat(model.history()).isEqualTo(other.history().skipping(2));
            for (int i = 0; i < model.state().spans().size(); i++) {
                MemorySegment span = model.state().spans().get(i).data();
                assertThat(span.mismatch(other.state().spans().get(i).data())).isEqualTo(-1);
            }
        }
    }

    @Test
    void shouldEndThePlainLoopWhereAJobEnds() {
        try (Arena arena = Arena.ofShared();
                ModelTrainer model = Jobs.trainer(arena, 1, false)) {
            PlainLoop loop = new PlainLoop(new Poisoned(model, 1, 2, 3), Jobs.PLAN.shards(), Memory.of(arena), RULE);

            assertThatThrownBy(() -> loop.run(4, step -> {}))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage(
                            "step 3: its data gives no finite loss, on every worker, and of the steps before it 2"
                                    + " were skipped; look at the data, or lower the learning rate");
        }
    }

    private static Examined norm(double norm) {
        return new Examined(norm, 7);
    }

    /// One batch shard of these steps gives no number.
    private static final class Poisoned extends ForwardingTrainer {
        private final List<Long> steps;

        private Poisoned(Trainer trainer, long... steps) {
            super(trainer);
            this.steps = java.util.Arrays.stream(steps).boxed().toList();
        }

        @Override
        public ShardLoss compute(int shard, MemorySegment gradient) {
            ShardLoss loss = trainer.compute(shard, gradient);
            if (shard != 2 || !steps.contains(step())) {
                return loss;
            }
            gradient.set(ValueLayout.JAVA_FLOAT, 0, Float.NaN);
            return new ShardLoss(Double.NaN, loss.tokens());
        }
    }
}
