package dev.pando.collectives.memory;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/// Adds and copies floats by address, since what is added lies in log buffers and mapped files of many owners.
///
/// The caller has checked the bounds: an address is that of a span, plus an offset within it.
public final class Offheap {
    private static final MemorySegment EVERYTHING = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
    private static final VectorSpecies<Float> LANES = FloatVector.SPECIES_PREFERRED;
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
    private static final ByteOrder ORDER = ByteOrder.nativeOrder();

    /// The C library's, which writes long runs without reading first what they overwrite; the JVM's own copy does not,
    /// and so moves half as much again through memory. Null where it is not supported.
    private static final MethodHandle MEMCPY =
            Linker.nativeLinker()
                    .defaultLookup()
                    .find("memcpy")
                    .map(symbol ->
                            Linker.nativeLinker()
                                    .downcallHandle(
                                            symbol,
                                            FunctionDescriptor.ofVoid(
                                                    ValueLayout.JAVA_LONG,
                                                    ValueLayout.JAVA_LONG,
                                                    ValueLayout.JAVA_LONG),
                                            Linker.Option.critical(false)))
                    .orElse(null);

    private static final long LONG_RUN = 4096;

    private Offheap() {}

    /// `target = left + right`, element by element: one addition each, whatever the width of the vectors.
    ///
    /// @param target may be one of the others
    public static void add(long target, long left, long right, long elements) {
        long whole = whole(elements);
        for (long at = 0; at < whole; at += LANES.vectorByteSize()) {
            store(target + at, load(left + at).add(load(right + at)));
        }
        for (long at = whole; at < elements * Float.BYTES; at += Float.BYTES) {
            EVERYTHING.set(FLOAT, target + at, get(left + at) + get(right + at));
        }
    }

    /// `target = (a + b) + c`.
    public static void addLeft(long target, long a, long b, long c, long elements) {
        long whole = whole(elements);
        for (long at = 0; at < whole; at += LANES.vectorByteSize()) {
            store(target + at, load(a + at).add(load(b + at)).add(load(c + at)));
        }
        for (long at = whole; at < elements * Float.BYTES; at += Float.BYTES) {
            EVERYTHING.set(FLOAT, target + at, get(a + at) + get(b + at) + get(c + at));
        }
    }

    /// `target = a + (b + c)`.
    public static void addRight(long target, long a, long b, long c, long elements) {
        long whole = whole(elements);
        for (long at = 0; at < whole; at += LANES.vectorByteSize()) {
            store(target + at, load(a + at).add(load(b + at).add(load(c + at))));
        }
        for (long at = whole; at < elements * Float.BYTES; at += Float.BYTES) {
            EVERYTHING.set(FLOAT, target + at, get(a + at) + (get(b + at) + get(c + at)));
        }
    }

    /// `target = (a + b) + (c + d)`.
    public static void addPairs(long target, long a, long b, long c, long d, long elements) {
        long whole = whole(elements);
        for (long at = 0; at < whole; at += LANES.vectorByteSize()) {
            store(target + at, load(a + at).add(load(b + at)).add(load(c + at).add(load(d + at))));
        }
        for (long at = whole; at < elements * Float.BYTES; at += Float.BYTES) {
            EVERYTHING.set(FLOAT, target + at, get(a + at) + get(b + at) + (get(c + at) + get(d + at)));
        }
    }

    public static void copy(long target, long source, long bytes) {
        if (bytes < LONG_RUN || MEMCPY == null) {
            MemorySegment.copy(EVERYTHING, source, EVERYTHING, target, bytes);
            return;
        }
        try {
            MEMCPY.invokeExact(target, source, bytes);
        } catch (Throwable impossible) {
            throw new AssertionError("memcpy threw", impossible);
        }
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
