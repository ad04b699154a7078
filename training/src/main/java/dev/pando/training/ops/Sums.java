package dev.pando.training.ops;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/// Adds spans of float32, one addition an element, so any cut of the work gives the same bits.
public final class Sums {
    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;

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
        add(target.address(), source.address(), elements);
    }

    static void add(long target, long source, long elements) {
        long whole = elements - elements % SPECIES.length();
        long i = 0;
        for (; i < whole; i += SPECIES.length()) {
            FloatVector a = FloatVector.fromMemorySegment(SPECIES, Native.ALL, target + i * 4, ByteOrder.nativeOrder());
            FloatVector b = FloatVector.fromMemorySegment(SPECIES, Native.ALL, source + i * 4, ByteOrder.nativeOrder());
            a.add(b).intoMemorySegment(Native.ALL, target + i * 4, ByteOrder.nativeOrder());
        }
        for (; i < elements; i++) {
            Native.put(target + i * 4, Native.get(target + i * 4) + Native.get(source + i * 4));
        }
    }
}
