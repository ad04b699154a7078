package dev.pando.training.step;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.training.model.Keeping;
import dev.pando.training.model.ModelConfig;
import dev.pando.training.ops.CpuOps;
import dev.pando.training.tensor.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Activations that wait in bfloat16.
class NarrowActivationsTest {
    private static final Keeping NARROW = new Keeping(false, true);

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 4})
    void shouldGiveTheSameBitsForAnyNumberOfThreads(int threads) {
        assertThat(Jobs.plainHash(threads, NARROW, 3)).isEqualTo(Jobs.plainHash(1, NARROW, 3));
    }

    @ParameterizedTest
    @CsvSource({"false", "true"})
    void shouldGiveNearlyTheGradientOfFloat32(boolean recompute) {
        try (Arena arena = Arena.ofShared();
                ModelTrainer wide = Jobs.trainer(arena, 1, Keeping.ALL);
                ModelTrainer narrow = Jobs.trainer(arena, 1, new Keeping(recompute, true))) {
            MemorySegment exact = arena.allocate(wide.table().bytes(), Memory.ALIGNMENT);
            MemorySegment rounded = arena.allocate(wide.table().bytes(), Memory.ALIGNMENT);

            Trainer.ShardLoss loss = wide.compute(1, exact);
            Trainer.ShardLoss narrowLoss = narrow.compute(1, rounded);

            double difference = distance(exact, rounded, wide.table().length());
            double size = distance(exact, arena.allocate(exact.byteSize(), 64), wide.table().length());
            assertThat(difference / size).isBetween(1e-6, 1e-2); // bfloat16 has 8 bits
            assertThat(narrowLoss.loss() / loss.loss()).isBetween(1 - 1e-3, 1 + 1e-3);
        }
    }

    @Test
    void shouldNeedHardlyMoreThanHalfOfTheMemory() {
        long wide = bytes(Keeping.ALL);
        long narrow = bytes(NARROW);

        assertThat((double) narrow / wide).isLessThan(0.65);
    }

    @Test
    void shouldRoundToTheNearestAndTiesToEven() {
        float[] numbers = {
            1f,
            0x1.01p0f, // between two of them: to the even one, below
            0x1.03p0f, // likewise: above
            -0x1.01_0002p0f,
            Float.NaN,
            Float.intBitsToFloat(0x7F800001),
            Float.NEGATIVE_INFINITY,
            Float.MAX_VALUE,
            Float.MIN_VALUE,
            -0f,
        };
        int[] expected = {0x3F80, 0x3F80, 0x3F82, 0xBF81, 0x7FC0, 0x7FC0, 0xFF80, 0x7F80, 0, 0x8000};
        int count = 37; // whole vectors, and a rest
        try (Arena arena = Arena.ofConfined();
                CpuOps ops = new CpuOps("narrow", 2)) {
            MemorySegment x = arena.allocate(count * 4L, 64);
            MemorySegment narrow = arena.allocate(count * 2L, 64);
            for (int i = 0; i < count; i++) {
                x.setAtIndex(ValueLayout.JAVA_FLOAT, i, numbers[i % numbers.length]);
            }

            ops.narrow(x, narrow, count);
            MemorySegment back = arena.allocate(count * 4L, 64);
            ops.widen(narrow, back, count);

            for (int i = 0; i < count; i++) {
                int bits = expected[i % numbers.length];
                assertThat(narrow.getAtIndex(ValueLayout.JAVA_SHORT, i)).as("%d", i).isEqualTo((short) bits);
                assertThat(x.getAtIndex(ValueLayout.JAVA_INT, i)).as("%d", i).isEqualTo(bits << 16);
                assertThat(back.getAtIndex(ValueLayout.JAVA_INT, i)).as("%d", i).isEqualTo(bits << 16);
            }
        }
    }

    private static long bytes(Keeping keeping) {
        AtomicLong bytes = new AtomicLong();
        try (Arena arena = Arena.ofShared();
                ModelTrainer trainer =
                        new ModelTrainer(
                                new ModelConfig(211, 60, 16, 6, 2, 83, 1e4, 1e-5),
                                keeping,
                                Jobs.RECIPE,
                                new BatchPlan(1, 1, 4, 1000),
                                Jobs.TOKENS,
                                11,
                                new CpuOps("test", 1),
                                (name, size) -> {
                                    bytes.addAndGet(size);
                                    return Memory.of(arena).allocate(name, size);
                                })) {
            assertThat(trainer.step()).isZero();
            return bytes.get();
        }
    }

    private static double distance(MemorySegment a, MemorySegment b, long elements) {
        double sum = 0;
        for (long i = 0; i < elements; i++) {
            double difference = a.getAtIndex(ValueLayout.JAVA_FLOAT, i) - b.getAtIndex(ValueLayout.JAVA_FLOAT, i);
            sum += difference * difference;
        }
        return Math.sqrt(sum);
    }
}
