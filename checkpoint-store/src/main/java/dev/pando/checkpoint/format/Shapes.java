package dev.pando.checkpoint.format;

import java.util.List;

/// Arithmetic on shapes.
public final class Shapes {
    private Shapes() {}

    /// Number of elements; 1 for a scalar.
    ///
    /// @throws IllegalArgumentException for a dimension below 0, or more elements than fit a long
    public static long elements(List<Long> shape) {
        long elements = 1;
        for (long dimension : shape) {
            if (dimension < 0) {
                throw new IllegalArgumentException("shape " + shape + " has a negative dimension");
            }
            elements = multiply(elements, dimension, shape);
        }
        return elements;
    }

    private static long multiply(long elements, long dimension, List<Long> shape) {
        try {
            return Math.multiplyExact(elements, dimension);
        } catch (ArithmeticException tooLarge) {
            throw new IllegalArgumentException("shape " + shape + " has too many elements", tooLarge);
        }
    }

    /// As people write it: `4096 x 512`.
    public static String spoken(List<Long> shape) {
        return shape.isEmpty() ? "scalar" : String.join(" x ", shape.stream().map(String::valueOf).toList());
    }
}
