package dev.pando.collectives.memory;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/// Turns bfloat16 into float32 and back, by address.
public final class Bfloat16 {
    private static final MemorySegment EVERYTHING = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
    private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
    private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;
    private static final VectorSpecies<Short> SHORTS =
            VectorSpecies.of(short.class, VectorShape.forBitSize(FLOATS.vectorBitSize() / 2));
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
    private static final ByteOrder ORDER = ByteOrder.nativeOrder();
    private static final int ALMOST_HALF = 0x7FFF;
    private static final int QUIET = 0x00400000; // of a NaN, which must not become infinity
    private static final int ALL_BUT_SIGN = 0x7FFFFFFF;
    private static final int INFINITY = 0x7F800000;

    private Bfloat16() {}

    public static void widen(long target, long source, long elements) {
        long whole = elements / FLOATS.length() * FLOATS.length();
        for (long at = 0; at < whole; at += FLOATS.length()) {
            ShortVector upper = ShortVector.fromMemorySegment(SHORTS, EVERYTHING, source + at * Short.BYTES, ORDER);
            IntVector bits = (IntVector) upper.convertShape(VectorOperators.S2I, INTS, 0);
            bits.lanewise(VectorOperators.LSHL, 16)
                    .reinterpretAsFloats()
                    .intoMemorySegment(EVERYTHING, target + at * Float.BYTES, ORDER);
        }
        for (long at = whole; at < elements; at++) {
            EVERYTHING.set(FLOAT, target + at * Float.BYTES, widened(EVERYTHING.get(SHORT, source + at * Short.BYTES)));
        }
    }

    /// Rounds to nearest, ties to even.
    public static void narrow(long target, long source, long elements) {
        long whole = elements / FLOATS.length() * FLOATS.length();
        for (long at = 0; at < whole; at += FLOATS.length()) {
            IntVector bits =
                    FloatVector.fromMemorySegment(FLOATS, EVERYTHING, source + at * Float.BYTES, ORDER)
                            .reinterpretAsInts();
            IntVector odd = bits.lanewise(VectorOperators.LSHR, 16).and(1);
            IntVector kept =
                    bits.add(odd)
                            .add(ALMOST_HALF)
                            .blend(bits.or(QUIET), bits.and(ALL_BUT_SIGN).compare(VectorOperators.GT, INFINITY));
            ShortVector upper =
                    (ShortVector) kept.lanewise(VectorOperators.LSHR, 16).convertShape(VectorOperators.I2S, SHORTS, 0);
            upper.intoMemorySegment(EVERYTHING, target + at * Short.BYTES, ORDER);
        }
        for (long at = whole; at < elements; at++) {
            EVERYTHING.set(
                    SHORT, target + at * Short.BYTES, narrowed(EVERYTHING.get(FLOAT, source + at * Float.BYTES)));
        }
    }

    static float widened(short upper) {
        return Float.intBitsToFloat(upper << 16);
    }

    static short narrowed(float value) {
        int bits = Float.floatToRawIntBits(value);
        boolean isNumber = (bits & ALL_BUT_SIGN) <= INFINITY;
        return (short) ((isNumber ? bits + (bits >>> 16 & 1) + ALMOST_HALF : bits | QUIET) >>> 16);
    }
}
