package dev.pando.training.step;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.training.model.Keeping;
import dev.pando.training.model.ModelConfig;
import dev.pando.training.ops.CpuOps;
import dev.pando.training.optimizer.Recipe;
import dev.pando.training.tensor.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlainLoopTest {
    private static final long STEPS = 4;
    private static final String UNDISTURBED = Jobs.plainHash(1, false, STEPS);

    @ParameterizedTest
    @CsvSource({"1, false", "2, false", "3, false", "4, false", "1, true", "3, true"})
    void shouldEndWithTheSameBitsForAnyNumberOfThreadsAndWithRecomputation(int threads, boolean recompute) {
        assertThat(Jobs.plainHash(threads, recompute, STEPS)).isEqualTo(UNDISTURBED);
    }

    @Test
    void shouldEndWithOtherBitsWhereOneWeightDiffersInOneBit() {
        try (Arena arena = Arena.ofShared();
                ModelTrainer trainer = Jobs.trainer(arena, 1, false)) {
            MemorySegment weight = trainer.state().spans().get(3).data();
            weight.set(ValueLayout.JAVA_INT, 0, weight.get(ValueLayout.JAVA_INT, 0) ^ 1);
            PlainLoop loop = new PlainLoop(trainer, Jobs.PLAN.shards(), Memory.of(arena));

            loop.run(STEPS, _ -> {});

            assertThat(loop.hash()).startsWith("sha256:").isNotEqualTo(UNDISTURBED);
        }
    }

    @Test
    void shouldGoOnFromARestoredStateToTheSameBits() {
        try (Arena arena = Arena.ofShared();
                ModelTrainer first = Jobs.trainer(arena, 1, false);
                ModelTrainer second = Jobs.trainer(arena, 1, false)) {
            new PlainLoop(first, Jobs.PLAN.shards(), Memory.of(arena)).run(2, _ -> {});
            TrainerState from = first.state();
            TrainerState to = second.state();
            for (int i = 0; i < from.spans().size(); i++) {
                to.spans().get(i).data().copyFrom(from.spans().get(i).data());
            }
            second.restored(from.step(), from.history());
            PlainLoop loop = new PlainLoop(second, Jobs.PLAN.shards(), Memory.of(arena));

            loop.run(STEPS, _ -> {});

            assertThat(loop.hash()).isEqualTo(UNDISTURBED);
        }
    }

    @Test
    void shouldLearnWhatRepeats() {
        ModelConfig model = new ModelConfig(17, 32, 2, 4, 2, 48, 1e4, 1e-5);
        Recipe recipe = new Recipe(60, 1e-2, 0.1, 5, 0.9, 0.95, 1e-8, 0.1, true, 1);
        Sampler same =
                new Sampler() {
                    @Override
                    public void fetch(long step, long microbatch, Microbatch into) {
                        new RandomTokens(1, 17, 40).fetch(0, 0, into);
                    }

                    @Override
                    public String digest() {
                        return "one batch";
                    }
                };
        List<Double> losses = new ArrayList<>();
        try (Arena arena = Arena.ofShared();
                ModelTrainer trainer =
                        new ModelTrainer(
                                model,
                                Keeping.ALL,
                                recipe,
                                new BatchPlan(1, 1, 2, 20),
                                same,
                                1,
                                new CpuOps("test", 1),
                                Memory.of(arena))) {
            new PlainLoop(trainer, 1, Memory.of(arena)).run(60, committed -> losses.add(committed.loss()));
        }

        assertThat(losses.getFirst()).isBetween(2.5, 3.2); // ln 17 = 2.83 where nothing is known
        assertThat(losses.getLast()).isLessThan(0.2);
    }

    @Test
    void shouldExamineWithoutChangingAnything() {
        try (Arena arena = Arena.ofShared();
                ModelTrainer trainer = Jobs.trainer(arena, 2, false)) {
            MemorySegment gradient = arena.allocate(trainer.table().bytes(), Memory.ALIGNMENT);
            Trainer.ShardLoss loss = trainer.compute(3, gradient);
            String before = StateHash.of(trainer.state());

            Trainer.Examined first = trainer.examine(gradient, loss);
            Trainer.Examined second = trainer.examine(gradient, loss);

            assertThat(second).isEqualTo(first);
            assertThat(first.isFinite()).isTrue();
            assertThat(StateHash.of(trainer.state())).isEqualTo(before);
            assertThat(trainer.apply(gradient, loss).gradientNorm()).isEqualTo(first.gradientNorm());
            gradient.setAtIndex(ValueLayout.JAVA_FLOAT, 5, Float.NaN);
            assertThat(trainer.examine(gradient, loss).isFinite()).isFalse();
        }
    }
}
