package dev.pando.training.ops;

import java.lang.foreign.MemorySegment;

/// Adds spans of float32, one addition an element, so any cut of the work gives the same bits.
public final class Sums {
    private Sums() {}

    /// `target += source`.
    public static void add(MemorySegment target, MemorySegment source, long elements) {
        long bytes = elements * Float.BYTES;
        if (target.byteSize() < bytes || source.byteSize() < bytes) {
            throw new IllegalArgumentException(
                    "cannot add "
                            + elements
                            + " elements of spans of "
                            + target.byteSize()
                            + " and "
                            + source.byteSize()
                            + " bytes");
        }
        Native.check(target);
        Native.check(source);
        addLoop(target.address(), source.address(), elements);
    }

    static void addLoop(long target, long source, long elements) {
        long whole = Floats.whole(elements);
        for (long i = 0; i < whole; i += Floats.LANES) {
            Floats.store(Floats.load(target + i * 4).add(Floats.load(source + i * 4)), target + i * 4);
        }
        for (long i = whole; i < elements; i++) {
            Native.put(target + i * 4, Native.get(target + i * 4) + Native.get(source + i * 4));
        }
    }
}
