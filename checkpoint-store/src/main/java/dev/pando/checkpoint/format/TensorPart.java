package dev.pando.checkpoint.format;

import dev.pando.training.step.TrainerState;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// What one holder has of a tensor: all of it, or the slice that its stage, tensor shard or optimizer shard makes it
/// hold.
///
/// @param shape of the whole tensor
/// @param slice which of its elements
/// @param data those, packed, as float32
public record TensorPart(String name, List<Long> shape, Slice slice, MemorySegment data) {
    public TensorPart {
        shape = List.copyOf(shape);
        long elements = Shapes.elements(shape);
        if (slice.end() > elements) {
            throw new IllegalArgumentException(
                    "tensor " + name + " is " + Shapes.spoken(shape) + " and has no elements " + slice.spoken());
        }
        if (data.byteSize() != slice.elements() * Float.BYTES) {
            throw new IllegalArgumentException(
                    "tensor "
                            + name
                            + ": "
                            + slice.elements()
                            + " elements of float32 take "
                            + slice.elements() * Float.BYTES
                            + " bytes, not "
                            + data.byteSize());
        }
    }

    /// A tensor that is held whole.
    public static TensorPart whole(String name, List<Long> shape, MemorySegment data) {
        return new TensorPart(name, shape, Slice.whole(shape), data);
    }

    static TensorPart of(TrainerState.Span span) {
        return whole(span.name(), span.shape(), span.data());
    }

    boolean isWhole() {
        return slice.equals(Slice.whole(shape));
    }
}
