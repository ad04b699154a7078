package dev.pando.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import dev.pando.training.model.Keeping;
import dev.pando.training.model.ModelConfig;
import dev.pando.training.ops.CpuOps;
import dev.pando.training.ops.Ops;
import dev.pando.training.optimizer.Recipe;
import dev.pando.training.step.BatchPlan;
import dev.pando.training.step.ModelTrainer;
import dev.pando.training.step.PlainLoop;
import dev.pando.training.step.RandomTokens;
import dev.pando.training.step.TrainerState;
import dev.pando.training.tensor.Memory;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The trainer that jobs run, on a GPU: beside the CPU's, and beside itself.
class CudaTrainingTest {
    private static final ModelConfig MODEL = new ModelConfig(61, 24, 2, 2, 1, 35, 1e4, 1e-5);
    private static final Recipe RECIPE = new Recipe(8, 1e-2, 0.1, 2, 0.9, 0.95, 1e-8, 0.1, false, 0.5);
    private static final BatchPlan PLAN = new BatchPlan(2, 2, 1, 21);
    private static final RandomTokens TOKENS = new RandomTokens(5, MODEL.vocabulary(), 15);
    private static final int STEPS = 3;

    /// What a run comes to.
    private record Run(List<Double> losses, String hash) {}

    @BeforeEach
    void requireGpu() {
        TestedGpu.require();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldTrainAsTheCpuDoesUpToItsRounding(boolean withLibrary) {
        List<Double> expected = new ArrayList<>();
        try (Arena arena = Arena.ofShared();
                ModelTrainer trainer = trainer(new CpuOps("test", 1), Memory.of(arena), Keeping.ALL)) {
            new PlainLoop(trainer, PLAN.shards(), Memory.of(arena)).run(STEPS, each -> expected.add(each.loss()));
        }

        Run run = run(withLibrary ? CudaTrainingTest::withLibrary : CudaTrainingTest::alone, true, Keeping.ALL);

        for (int step = 0; step < STEPS; step++) {
            // weights near 0.02 and logits near 0, rounded to 9 bits; the updates are as large as the weights
            assertThat(run.losses.get(step)).as("loss of step " + step).isCloseTo(expected.get(step), offset(1e-2));
        }
        assertThat(run.losses).doesNotHaveDuplicates();
    }

    @Test
    void shouldEndWithTheSameBitsWhereverGradientsLieAndWithRecomputation() {
        Run run = run(CudaTrainingTest::alone, true, Keeping.ALL);

        assertThat(run(CudaTrainingTest::alone, true, Keeping.ALL)).as("again").isEqualTo(run);
        assertThat(run(CudaTrainingTest::alone, false, Keeping.ALL)).as("gradients on the host").isEqualTo(run);
        assertThat(run(CudaTrainingTest::alone, true, new Keeping(true, false))).as("recomputed").isEqualTo(run);
    }

    @Test
    void shouldComeToTheSameBitsWhereTheSystemLocksNoPages() {
        Run run = run(CudaTrainingTest::withLibrary, false, Keeping.ALL);

        TestedGpu.locking(false);
        try {
            assertThat(run(CudaTrainingTest::withLibrary, false, Keeping.ALL)).isEqualTo(run);
        } finally {
            TestedGpu.locking(true);
        }
    }

    @Test
    void shouldGoOnFromARestoredStateToTheSameBits() {
        Run run = run(CudaTrainingTest::withLibrary, true, Keeping.ALL);

        CudaOps one = withLibrary();
        CudaOps two = withLibrary();
        try (ModelTrainer first = trainer(one, one.memory(), Keeping.ALL);
                ModelTrainer second = trainer(two, two.memory(), Keeping.ALL)) {
            new PlainLoop(first, PLAN.shards(), one.memory()).run(1, _ -> {});
            TrainerState from = first.state();
            TrainerState to = second.state();
            for (int i = 0; i < from.spans().size(); i++) {
                to.spans().get(i).data().copyFrom(from.spans().get(i).data());
            }
            second.restored(from.step(), from.history());
            PlainLoop loop = new PlainLoop(second, PLAN.shards(), two.memory());
            loop.run(STEPS, _ -> {});

            assertThat(loop.hash()).isEqualTo(run.hash);
        }
    }

    private static Run run(Supplier<CudaOps> device, boolean onDevice, Keeping keeping) {
        CudaOps ops = device.get();
        try (Arena arena = Arena.ofShared();
                ModelTrainer trainer = trainer(ops, ops.memory(), keeping)) {
            List<Double> losses = new ArrayList<>();
            PlainLoop loop = new PlainLoop(trainer, PLAN.shards(), onDevice ? ops.memory() : Memory.of(arena));
            loop.run(STEPS, each -> losses.add(each.loss()));
            return new Run(losses, loop.hash());
        }
    }

    private static CudaOps alone() {
        return CudaOps.openWithoutLibraries(0);
    }

    private static CudaOps withLibrary() {
        return TestedGpu.openWithLibrary();
    }

    private static ModelTrainer trainer(Ops ops, Memory memory, Keeping keeping) {
        return new ModelTrainer(MODEL, keeping, RECIPE, PLAN, TOKENS, 11, ops, memory);
    }
}
