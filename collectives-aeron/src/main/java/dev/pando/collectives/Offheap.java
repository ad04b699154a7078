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
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
    private static final ByteOrder ORDER = ByteOrder.nativeOrder();

    private Offheap() {}

    /// `target = left + right`, element by element: one addition each, whatever the width of the vectors.
    ///
    /// @param target may be one of the others
    static void add(long target, long left, long right, long elements) {
        long whole = whole(elements);
        for (long at = 0; at < whole; at += LANES.vectorByteSize()) {
            store(target + at, load(left + at).add(load(right + at)));
        }
        for (long at = whole; at < elements * Float.BYTES; at += Float.BYTES) {
            EVERYTHING.set(FLOAT, target + at, get(left + at) + get(right + at));
        }
    }

    /// `target = (a + b) + c`.
    static void addLeft(long target, long a, long b, long c, long elements) {
        long whole = whole(elements);
        for (long at = 0; at < whole; at += LANES.vectorByteSize()) {
            store(target + at, load(a + at).add(load(b + at)).add(load(c + at)));
        }
        for (long at = whole; at < elements * Float.BYTES; at += Float.BYTES) {
            EVERYTHING.set(FLOAT, target + at, get(a + at) + get(b + at) + get(c + at));
        }
    }

    /// `target = a + (b + c)`.
    static void addRight(long target, long a, long b, long c, long elements) {
        long whole = whole(elements);
        for (long at = 0; at < whole; at += LANES.vectorByteSize()) {
            store(target + at, load(a + at).add(load(b + at).add(load(c + at))));
        }
        for (long at = whole; at < elements * Float.BYTES; at += Float.BYTES) {
            EVERYTHING.set(FLOAT, target + at, get(a + at) + (get(b + at) + get(c + at)));
        }
    }

    /// `target = (a + b) + (c + d)`.
    static void addPairs(long target, long a, long b, long c, long d, long elements) {
        long whole = whole(elements);
        for (long at = 0; at < whole; at += LANES.vectorByteSize()) {
            store(target + at, load(a + at).add(load(b + at)).add(load(c + at).add(load(d + at))));
        }
        for (long at = whole; at < elements * Float.BYTES; at += Float.BYTES) {
            EVERYTHING.set(FLOAT, target + at, get(a + at) + get(b + at) + (get(c + at) + get(d + at)));
        }
    }

    static void copy(long target, long source, long bytes) {
        MemorySegment.copy(EVERYTHING, source, EVERYTHING, target, bytes);
    }

    private static long whole(long elements) {
        return LANES.length() * (elements / LANES.length()) * Float.BYTES;
    }

    private static FloatVector load(long address) {
        return FloatVector.fromMemorySegment(LANES, EVERYTHING, address, ORDER);
    }

    private static void store(long address, FloatVector values) {
        values.intoMemorySegment(EVERYTHING, address, ORDER);
    }

    private static float get(long address) {
        return EVERYTHING.get(FLOAT, address);
    }
}
