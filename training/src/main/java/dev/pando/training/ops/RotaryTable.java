package dev.pando.training.ops;

import dev.pando.training.tensor.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Cosines and sines of the rotary embedding: float32 numbers of float64 angles, since a float32 angle is off by 5e-4
/// at position 32767 already.
///
/// @param positions rows of the tables
/// @param half D/2, columns
/// @param cos of `position theta^(-2i/D)`
/// @param sin of the same
public record RotaryTable(int positions, int half, MemorySegment cos, MemorySegment sin) {
    /// The table in the memory in which `ops` work.
    public static RotaryTable of(int positions, int headSize, double theta, Ops ops, Memory memory) {
        try (Arena host = Arena.ofConfined()) {
            RotaryTable made = of(positions, headSize, theta, Memory.of(host));
            MemorySegment cos = memory.allocate("rotary table: cosines", made.cos.byteSize());
            MemorySegment sin = memory.allocate("rotary table: sines", made.sin.byteSize());
            ops.copy(made.cos, cos);
            ops.copy(made.sin, sin);
            ops.finish();
            return new RotaryTable(positions, made.half, cos, sin);
        }
    }

    public static RotaryTable of(int positions, int headSize, double theta, Memory memory) {
        int half = headSize / 2;
        long elements = (long) positions * half;
        MemorySegment cos = memory.allocate("rotary table: cosines", elements * Float.BYTES);
        MemorySegment sin = memory.allocate("rotary table: sines", elements * Float.BYTES);
        for (int i = 0; i < half; i++) {
            double frequency = StrictMath.pow(theta, -2.0 * i / headSize);
            for (int position = 0; position < positions; position++) {
                double angle = position * frequency;
                long at = (long) position * half + i;
                cos.setAtIndex(ValueLayout.JAVA_FLOAT, at, (float) StrictMath.cos(angle));
                sin.setAtIndex(ValueLayout.JAVA_FLOAT, at, (float) StrictMath.sin(angle));
            }
        }
        return new RotaryTable(positions, half, cos, sin);
    }
}
