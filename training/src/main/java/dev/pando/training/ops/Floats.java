package dev.pando.training.ops;

import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/// The few vector idioms that all operators share: loads and stores by address, sums in a fixed order, and an
/// exponential of our own, so that bits depend on neither the compiler's tier nor the library's version.
///
/// Loops over vectors are methods whose names end in `Loop`. The compiler stops inlining where a method has grown to
/// 18,000 nodes, some forty vector operations, and from there on allocates every vector; so each loop is compiled
/// alone, and what is in this class is always inlined into it. The JVM's flags say so, see `pando.jvm.flags` in the
/// root pom.
final class Floats {
    static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    static final int LANES = SPECIES.length();

    private static final ByteOrder ORDER = ByteOrder.nativeOrder();
    private static final VectorShuffle<Float> BY_EIGHT = rotation(8);
    private static final VectorShuffle<Float> BY_FOUR = rotation(4);
    private static final VectorShuffle<Float> BY_TWO = rotation(2);
    private static final VectorShuffle<Float> BY_ONE = rotation(1);

    private Floats() {}

    static FloatVector load(long address) {
        return FloatVector.fromMemorySegment(SPECIES, Native.ALL, address, ORDER);
    }

    static void store(FloatVector vector, long address) {
        vector.intoMemorySegment(Native.ALL, address, ORDER);
    }

    static FloatVector of(float value) {
        return FloatVector.broadcast(SPECIES, value);
    }

    /// Elements that whole vectors cover.
    static long whole(long elements) {
        return elements & -LANES;
    }

    /// The sum of all lanes, halves first; `reduceLanes` leaves the order open.
    static float sum(FloatVector v) {
        FloatVector sum = v;
        if (LANES >= 16) {
            sum = sum.add(sum.rearrange(BY_EIGHT));
        }
        if (LANES >= 8) {
            sum = sum.add(sum.rearrange(BY_FOUR));
        }
        if (LANES >= 4) {
            sum = sum.add(sum.rearrange(BY_TWO));
        }
        return sum.add(sum.rearrange(BY_ONE)).lane(0);
    }

    static float max(FloatVector v) {
        return v.reduceLanes(VectorOperators.MAX); // exact in any order
    }

    private static final float LOG2_E = 1.44269504088896340736f;
    private static final float LN2_HIGH = 0.693359375f; // 9 bits of mantissa: a multiple of it by n is exact
    private static final float LN2_LOW = -2.12194440e-4f;
    private static final float ROUNDER = 12582912f; // 1.5 * 2^23: adding it leaves the nearest integer in the low bits
    private static final float UNDERFLOW = -87.3f; // below, 2^n would be subnormal: 0 instead
    private static final float OVERFLOW = 88.3f;
    private static final float P0 = 1.9875691500e-4f;
    private static final float P1 = 1.3981999507e-3f;
    private static final float P2 = 8.3334519073e-3f;
    private static final float P3 = 4.1665795894e-2f;
    private static final float P4 = 1.6666665459e-1f;
    private static final float P5 = 5.0000001201e-1f;

    // As vectors: the compiler gives up on methods of more than 18,000 nodes and then boxes vectors; constants cost
    // few.
    private static final FloatVector ZERO = of(0);
    static final FloatVector ONE = of(1);
    private static final FloatVector LOG2_E_V = of(LOG2_E);
    private static final FloatVector MINUS_LN2_HIGH_V = of(-LN2_HIGH);
    private static final FloatVector MINUS_LN2_LOW_V = of(-LN2_LOW);
    private static final FloatVector ROUNDER_V = of(ROUNDER);
    private static final FloatVector UNDERFLOW_V = of(UNDERFLOW);
    private static final FloatVector OVERFLOW_V = of(OVERFLOW);
    private static final FloatVector P0_V = of(P0);
    private static final FloatVector P1_V = of(P1);
    private static final FloatVector P2_V = of(P2);
    private static final FloatVector P3_V = of(P3);
    private static final FloatVector P4_V = of(P4);
    private static final FloatVector P5_V = of(P5);

    /// e^x, to 1e-7 of its value; 0 below -87.3 (also of -infinity), e^88.3 above 88.3. Not for NaN.
    ///
    /// x = n ln 2 + r with |r| <= ln 2 / 2; e^r by Cephes' polynomial of degree 6.
    static FloatVector exp(FloatVector x) {
        FloatVector bounded = x.min(OVERFLOW_V);
        FloatVector shifted = bounded.fma(LOG2_E_V, ROUNDER_V);
        FloatVector n = shifted.sub(ROUNDER_V);
        FloatVector r = n.fma(MINUS_LN2_LOW_V, n.fma(MINUS_LN2_HIGH_V, bounded));
        FloatVector p = r.fma(P0_V, P1_V).fma(r, P2_V).fma(r, P3_V).fma(r, P4_V).fma(r, P5_V);
        p = p.fma(r.mul(r), r).add(ONE);
        // the exponent field of p grows by n: the high bits that the rounder left are shifted out
        IntVector power = shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23);
        FloatVector scaled = p.reinterpretAsInts().add(power).reinterpretAsFloats();
        return scaled.blend(ZERO, x.lt(UNDERFLOW_V));
    }

    /// One lane of [#exp(FloatVector)], with its bits: for what is left over of a vector.
    static float exp(float x) {
        if (x < UNDERFLOW) {
            return 0;
        }
        float bounded = Math.min(x, OVERFLOW);
        float shifted = Math.fma(bounded, LOG2_E, ROUNDER);
        float n = shifted - ROUNDER;
        float r = Math.fma(n, -LN2_LOW, Math.fma(n, -LN2_HIGH, bounded));
        float p = Math.fma(r, P0, P1);
        p = Math.fma(p, r, P2);
        p = Math.fma(p, r, P3);
        p = Math.fma(p, r, P4);
        p = Math.fma(p, r, P5);
        p = Math.fma(p, r * r, r) + 1f;
        return Float.intBitsToFloat(Float.floatToRawIntBits(p) + (Float.floatToRawIntBits(shifted) << 23));
    }

    private static VectorShuffle<Float> rotation(int by) {
        return VectorShuffle.fromOp(SPECIES, lane -> (lane + by) % LANES);
    }
}
