package dev.pando.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pando.cuda.CudaException.OutOfMemory;
import dev.pando.training.model.Keeping;
import dev.pando.training.model.ModelConfig;
import dev.pando.training.optimizer.Recipe;
import dev.pando.training.step.BatchPlan;
import dev.pando.training.step.ModelTrainer;
import dev.pando.training.step.PlainLoop;
import dev.pando.training.step.RandomTokens;
import dev.pando.training.tensor.Memory;
import dev.pando.training.tensor.MemoryPlan;
import dev.pando.training.tensor.MemoryPlan.Part;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What a job holds on a GPU is known before its first step, taken at once, and enough.
class CudaMemoryTest {
    private static final long GIB = 1L << 30;
    private static final ModelConfig MODEL = new ModelConfig(61, 24, 3, 4, 2, 35, 1e4, 1e-5);
    private static final Recipe RECIPE = new Recipe(8, 1e-2, 0.1, 2, 0.9, 0.95, 1e-8, 0.1, false, 0.5);
    private static final BatchPlan BATCH = new BatchPlan(2, 2, 1, 21);
    private static final RandomTokens TOKENS = new RandomTokens(5, MODEL.vocabulary(), 15);

    @BeforeEach
    void requireGpu() {
        TestedGpu.require();
    }

    @AfterEach
    void giveRoomBack() {
        if (TestedGpu.kind() == TestedGpu.Kind.EMULATED) {
            TestedGpu.room(4 * GIB);
        }
    }

    @ParameterizedTest
    @CsvSource({"false, false, false", "true, false, false", "true, true, false", "true, false, true"})
    void shouldTakeWhatItPredictsAndNothingAfterThat(boolean withLibrary, boolean recompute, boolean bfloat16) {
        Keeping keeping = new Keeping(recompute, bfloat16);
        MemoryPlan plan = plan(withLibrary, keeping);
        TestedGpu.peak();

        try (Arena arena = Arena.ofShared();
                CudaOps ops = open(withLibrary)) {
            ops.reserve(plan);
            long before = TestedGpu.allocations();
            ModelTrainer trainer = trainer(keeping, ops);
            new PlainLoop(trainer, BATCH.shards(), Memory.of(arena)).run(3, _ -> {});

            assertThat(TestedGpu.allocations()).as("allocations since the plan was taken").isEqualTo(before);
            assertThat(TestedGpu.peak()).as("bytes on the device").isEqualTo(plan.bytes());
            assertThat(ops.holding()).isEqualTo(plan);
        }
    }

    @Test
    void shouldTakeNothingAfterTheFirstStepWithoutAPlanEither() {
        try (Arena arena = Arena.ofShared();
                CudaOps ops = open(true)) {
            PlainLoop loop = new PlainLoop(trainer(Keeping.ALL, ops), BATCH.shards(), Memory.of(arena));
            loop.run(1, _ -> {});
            long after = TestedGpu.allocations();

            loop.run(4, _ -> {});

            assertThat(TestedGpu.allocations()).isEqualTo(after);
        }
    }

    @Test
    void shouldRefuseAJobBeforeItsFirstStepAndSayWhatItNeeds() {
        MemoryPlan plan =
                MemoryPlan.of(
                        Stream.of(
                                new Part("weights", GIB),
                                new Part("moments: first", GIB),
                                new Part("moments: second", GIB),
                                new Part("activations: gate 3", GIB / 2),
                                new Part("logits", GIB / 4),
                                new Part("tokens: ids", 1 << 20)));
        TestedGpu.room(2 * GIB);

        try (CudaOps ops = CudaOps.openWithoutLibraries(0)) {
            assertThatThrownBy(() -> ops.reserve(plan))
                    .isInstanceOf(OutOfMemory.class)
                    .hasMessage(
                            "cuda:0 has no room for a worker: it needs 3.8 GiB (2.0 GiB moments, 1.0 GiB weights, 512.0"
                                    + " MiB activations, 256.0 MiB logits, 1.0 MiB the rest), the driver some more, and"
                                    + " 2.0 GiB of 2.0 GiB are free");
            ops.zero(ops.memory().allocate("life goes on", 64));
            ops.finish();
        }
    }

    @Test
    void shouldLeaveTheDriverSomeRoom() {
        MemoryPlan plan = MemoryPlan.of(Stream.of(new Part("weights", GIB)));
        TestedGpu.room(GIB + CudaOps.DRIVERS_SHARE / 2);

        try (CudaOps ops = CudaOps.openWithoutLibraries(0)) {
            assertThatThrownBy(() -> ops.reserve(plan)).isInstanceOf(OutOfMemory.class);
        }
    }

    @Test
    void shouldCutSpansFromThePlan() {
        try (CudaOps ops = CudaOps.openWithoutLibraries(0)) {
            ops.reserve(MemoryPlan.of(Stream.of(new Part("weights", 4 << 20))));
            long held = ops.held();

            MemorySegment one = ops.memory().allocate("one", 1000);
            MemorySegment two = ops.memory().allocate("two", 1000);

            assertThat(two.address() - one.address()).isEqualTo(1024);
            assertThat(ops.held()).isEqualTo(held);
            assertThatThrownBy(() -> ops.add(one, two.asSlice(500, 500), 126)).hasMessageContaining("504 are needed");
        }
    }

    @Test
    void shouldPlanAModelThatIsLargerThanAnyMemoryHere() {
        ModelConfig large = new ModelConfig(92_544, 6144, 48, 48, 8, 16_384, 1e6, 1e-5);

        MemoryPlan plan =
                CudaOps.plan(
                        true,
                        ops ->
                                ModelTrainer.dryRun(
                                        large,
                                        new Keeping(true, false),
                                        RECIPE,
                                        new BatchPlan(1, 1, 1, 4096),
                                        ops,
                                        ops.memory()));

        long parameters = 19_861_149_696L; // of InternLM2-20B
        // a weight, a gradient, two moments of 4 bytes each, a rounded weight of 2; activations of one layer on top
        assertThat(plan.bytes()).isBetween(18 * parameters, 19 * parameters);
        assertThat(plan.parts().getFirst().name()).isEqualTo("moments");
    }

    private static MemoryPlan plan(boolean withLibrary, Keeping keeping) {
        return CudaOps.plan(withLibrary, ops -> ModelTrainer.dryRun(MODEL, keeping, RECIPE, BATCH, ops, ops.memory()));
    }

    private static ModelTrainer trainer(Keeping keeping, CudaOps ops) {
        return new ModelTrainer(MODEL, keeping, RECIPE, BATCH, TOKENS, 11, ops, ops.memory());
    }

    private static CudaOps open(boolean withLibrary) {
        return withLibrary ? TestedGpu.openWithLibrary() : CudaOps.openWithoutLibraries(0);
    }
}
