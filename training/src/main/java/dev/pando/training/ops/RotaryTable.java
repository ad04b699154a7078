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
/// @param cos of position times frequency
/// @param sin of the same
public record RotaryTable(int positions, int half, MemorySegment cos, MemorySegment sin) {
    /// The table in the memory in which `ops` work.
    public static RotaryTable of(int positions, double[] frequencies, Ops ops, Memory memory) {
        try (Arena host = Arena.ofConfined()) {
            RotaryTable made = of(positions, frequencies, Memory.of(host));
            MemorySegment cos = memory.allocate("rotary table: cosines", made.cos.byteSize());
            MemorySegment sin = memory.allocate("rotary table: sines", made.sin.byteSize());
            ops.copy(made.cos, cos);
            ops.copy(made.sin, sin);
            ops.finish();
            return new RotaryTable(positions, made.half, cos, sin);
        }
    }

    /// @param frequencies of each column, in radians a position
    public static RotaryTable of(int positions, double[] frequencies, Memory memory) {
        long elements = (long) positions * frequencies.length;
        RotaryTable table =
                new RotaryTable(
                        positions,
                        frequencies.length,
                        memory.allocate("rotary table: cosines", elements * Float.BYTES),
                        memory.allocate("rotary table: sines", elements * Float.BYTES));
        table.fill(0, positions, frequencies);
        return table;
    }

    /// Writes rows `[from, to)` of a table in the host's memory, for frequencies that depend on a sequence's length.
    public void fill(int from, int to, double[] frequencies) {
        for (int i = 0; i < half; i++) {
            for (int position = from; position < to; position++) {
                double angle = position * frequencies[i];
                long at = (long) position * half + i;
                cos.setAtIndex(ValueLayout.JAVA_FLOAT, at, (float) StrictMath.cos(angle));
                sin.setAtIndex(ValueLayout.JAVA_FLOAT, at, (float) StrictMath.sin(angle));
            }
        }
    }
}
