package dev.pando.training.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.SplittableRandom;

/// Spans for tests, and how far they are from what they should be.
public final class Numbers {
    private Numbers() {}

    public static MemorySegment span(Arena arena, double... values) {
        MemorySegment span = arena.allocate(Math.max(1, values.length) * 4L, Memory.ALIGNMENT);
        for (int i = 0; i < values.length; i++) {
            span.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) values[i]);
        }
        return span;
    }

    public static MemorySegment ints(Arena arena, int... values) {
        MemorySegment span = arena.allocate(Math.max(1, values.length) * 4L, Memory.ALIGNMENT);
        for (int i = 0; i < values.length; i++) {
            span.setAtIndex(ValueLayout.JAVA_INT, i, values[i]);
        }
        return span;
    }

    /// Zeros.
    public static MemorySegment span(Arena arena, int elements) {
        return arena.allocate(elements * 4L, Memory.ALIGNMENT);
    }

    public static double[] read(MemorySegment span, int elements) {
        double[] values = new double[elements];
        for (int i = 0; i < elements; i++) {
            values[i] = span.getAtIndex(ValueLayout.JAVA_FLOAT, i);
        }
        return values;
    }

    /// Numbers between -size and size that float32 holds exactly.
    public static double[] random(long seed, int elements, double size) {
        SplittableRandom random = new SplittableRandom(seed);
        double[] values = new double[elements];
        Arrays.setAll(values, _ -> (float) random.nextDouble(-size, size));
        return values;
    }

    /// Holds the largest error against the largest magnitude.
    public static void assertNear(String what, double[] actual, double[] expected, double bound) {
        assertThat(actual).as(what).hasSameSizeAs(expected);
        double size = Arrays.stream(expected).map(Math::abs).max().orElse(0);
        for (int i = 0; i < expected.length; i++) {
            assertThat(Math.abs(actual[i] - expected[i]))
                    .as("%s: element %d is %s instead of %s (largest %s)", what, i, actual[i], expected[i], size)
                    .isLessThanOrEqualTo(bound * size);
        }
    }
}
