package dev.pando.collectives;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/// Adds and copies floats by address, since what is added lies in log buffers and mapped files of many owners.
///
/// Whoever calls has checked the bounds: an address is that of a span, plus an offset within it.
final class Offheap {
    private static final MemorySegment EVERYTHING = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
    private static final VectorSpecies<Float> LANES = FloatVector.SPECIES_PREFERRED;
    private static final ByteOrder ORDER = ByteOrder.nativeOrder();

    private Offheap() {}

    /// `target = left + right`, element by element: one addition each, whatever the width of the vectors.
    ///
    /// @param target may be one of the others
    static void add(long target, long left, long right, long elements) {
        long whole = LANES.length() * (elements / LANES.length()) * Float.BYTES;
        for (long at = 0; at < whole; at += LANES.vectorByteSize()) {
            FloatVector.fromMemorySegment(LANES, EVERYTHING, left + at, ORDER)
                    .add(FloatVector.fromMemorySegment(LANES, EVERYTHING, right + at, ORDER))
                    .intoMemorySegment(EVERYTHING, target + at, ORDER);
        }
        for (long at = whole; at < elements * Float.BYTES; at += Float.BYTES) {
            float sum = EVERYTHING.get(FLOAT, left + at) + EVERYTHING.get(FLOAT, right + at);
            EVERYTHING.set(FLOAT, target + at, sum);
        }
    }

    static void copy(long target, long source, long bytes) {
        MemorySegment.copy(EVERYTHING, source, EVERYTHING, target, bytes);
    }

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
}
