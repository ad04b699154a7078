package dev.pando.training.step;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.pando.training.grid.Grid;
import dev.pando.training.model.Keeping;
import dev.pando.training.model.ModelConfig;
import dev.pando.training.ops.CpuOps;
import dev.pando.training.ops.Ops;
import dev.pando.training.step.Trainer.ShardLoss;
import dev.pando.training.tensor.Memory;
import dev.pando.training.tensor.Numbers;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Training by a cut grid, beside the same job uncut. Rows are longer than a tile of keys, and documents cross chunks.
class GridTrainingTest {
    private static final ModelConfig MODEL = new ModelConfig(211, 96, 2, 8, 4, 84, 1e4, 1e-5);
    private static final Sampler TOKENS = new RandomTokens(5, MODEL.vocabulary(), 700);
    private static final int LENGTH = 1200;
    private static final Grid CUT = new Grid(2, 2);
    private static final long STEPS = 2;

    /// Two sums of some thousand float32 numbers in different orders.
    private static final double LOSS = 1e-5;

    private static final double GRADIENT = 2e-4;

    @ParameterizedTest
    @CsvSource({"2, 1", "1, 2", "2, 2", "4, 1", "1, 4", "4, 4", "2, 8"})
    void shouldHaveLossAndGradientOfTheUncutModel(int tensorShards, int sequenceChunks) {
        try (Arena arena = Arena.ofShared();
                ModelTrainer whole = trainer(arena, Grid.WHOLE, 1);
                ModelTrainer cut = trainer(arena, new Grid(tensorShards, sequenceChunks), 1)) {
            MemorySegment expected = arena.allocate(whole.table().bytes(), Memory.ALIGNMENT);
            MemorySegment actual = arena.allocate(whole.table().bytes(), Memory.ALIGNMENT);

            ShardLoss uncut = whole.compute(1, expected);
            ShardLoss loss = cut.compute(1, actual);

            assertThat(loss.tokens()).isEqualTo(uncut.tokens());
            assertThat(loss.loss()).isCloseTo(uncut.loss(), within(LOSS));
            whole.table()
                    .entries()
                    .forEach(entry -> {
                        int elements = (int) entry.length();
                        Numbers.assertNear(
                                entry.name(),
                                Numbers.read(entry.in(actual), elements),
                                Numbers.read(entry.in(expected), elements),
                                GRADIENT);
                    });
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3})
    void shouldEndWithTheSameBitsForAnyNumberOfThreads(int threads) {
        assertThat(hash(CUT, threads)).isEqualTo(hash(CUT, 1)).isNotEqualTo(hash(Grid.WHOLE, 1));
    }

    @Test
    void shouldComputeAShardTwiceToTheSameBitsInAnyOrder() {
        try (Arena arena = Arena.ofShared();
                ModelTrainer trainer = trainer(arena, CUT, 1)) {
            List<MemorySegment> gradients = new ArrayList<>();
            for (int shard : List.of(2, 0, 1, 0, 2)) {
                MemorySegment gradient = arena.allocate(trainer.table().bytes(), Memory.ALIGNMENT);
                trainer.compute(shard, gradient);
                gradients.add(gradient);
            }

            assertThat(gradients.get(3).mismatch(gradients.get(1))).isEqualTo(-1);
            assertThat(gradients.get(4).mismatch(gradients.get(0))).isEqualTo(-1);
            assertThat(gradients.get(2).mismatch(gradients.get(0))).isNotEqualTo(-1);
        }
    }

    @Test
    void shouldRefuseToKeepActivationsOtherwise() {
        try (Arena arena = Arena.ofShared();
                CpuOps ops = new CpuOps("refusing", 1)) {
            for (Keeping keeping : List.of(new Keeping(true, false), new Keeping(false, true))) {
                assertThatThrownBy(() -> trainer(arena, CUT, keeping, ops))
                        .hasMessage(
                                "tensor-shards and sequence-chunks above 1 need recompute = false and activations ="
                                        + " float32");
            }
        }
    }

    @Test
    void shouldRefuseADeviceWithoutTheOperators() {
        try (Arena arena = Arena.ofShared();
                CpuOps ops = new CpuOps("lacking", 1)) {
            Ops lacking =
                    (Ops)
                            Proxy.newProxyInstance(
                                    Ops.class.getClassLoader(),
                                    new Class<?>[] {Ops.class},
                                    (_, operator, arguments) ->
                                            operator.getName().equals("cut")
                                                    ? Optional.empty()
                                                    : operator.invoke(ops, arguments));

            assertThatThrownBy(() -> trainer(arena, CUT, Keeping.ALL, lacking))
                    .hasMessage("this device has no operators for tensor-shards and sequence-chunks above 1");
        }
    }

    static String hash(Grid grid, int threads) {
        try (Arena arena = Arena.ofShared();
                ModelTrainer trainer = trainer(arena, grid, threads)) {
            PlainLoop loop = new PlainLoop(trainer, 3, Memory.of(arena));
            loop.run(STEPS, _ -> {});
            return loop.hash();
        }
    }

    private static ModelTrainer trainer(Arena arena, Grid grid, int threads) {
        return trainer(arena, grid, Keeping.ALL, new CpuOps("grid", threads));
    }

    private static ModelTrainer trainer(Arena arena, Grid grid, Keeping keeping, Ops ops) {
        return new ModelTrainer(
                MODEL, keeping, Jobs.RECIPE, new BatchPlan(3, 2, 1, LENGTH, grid), TOKENS, 11, ops, Memory.of(arena));
    }
}
