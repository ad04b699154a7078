package dev.pando.checkpoint;

import java.util.List;

/// In what two checkpoints differ, tensor by tensor; equal ones are not mentioned.
public sealed interface Difference {
    String tensor();

    record OnlyInFirst(String tensor) implements Difference {}

    record OnlyInSecond(String tensor) implements Difference {}

    record OtherShape(String tensor, List<Long> first, List<Long> second) implements Difference {}

    /// @param elements whose bits differ
    /// @param of how many
    /// @param largest absolute difference; NaN where one of the two is NaN or infinite
    record OtherBits(String tensor, long elements, long of, double largest) implements Difference {}
}
