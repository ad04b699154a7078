package dev.pando.training.ops;

import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/// The few vector idioms that all operators share: loads and stores by address, sums in a fixed order, and an
/// exponential of our own, so that bits depend on neither the compiler's tier nor the library's version.
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

    /// Loads the lanes that the mask names; the others are 0.
    static FloatVector load(long address, VectorMask<Float> mask) {
        return FloatVector.fromMemorySegment(SPECIES, Native.ALL, address, ORDER, mask);
    }

    static void store(FloatVector vector, long address) {
        vector.intoMemorySegment(Native.ALL, address, ORDER);
    }

    static void store(FloatVector vector, long address, VectorMask<Float> mask) {
        vector.intoMemorySegment(Native.ALL, address, ORDER, mask);
    }

    /// The first lanes, as many as there are elements left.
    static VectorMask<Float> first(long left) {
        return SPECIES.indexInRange(0L, left);
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

    /// e^x, to 1e-7 of its value; 0 below -87.3 (also of -infinity), e^88.3 above 88.3. Not for NaN.
    ///
    /// x = n ln 2 + r with |r| <= ln 2 / 2; e^r by Cephes' polynomial of degree 6.
    static FloatVector exp(FloatVector x) {
        FloatVector bounded = x.min(OVERFLOW);
        FloatVector shifted = bounded.fma(of(LOG2_E), of(ROUNDER));
        FloatVector n = shifted.sub(ROUNDER);
        FloatVector r = n.fma(of(-LN2_HIGH), bounded);
        r = n.fma(of(-LN2_LOW), r);
        FloatVector p = r.fma(of(1.9875691500e-4f), of(1.3981999507e-3f));
        p = p.fma(r, of(8.3334519073e-3f));
        p = p.fma(r, of(4.1665795894e-2f));
        p = p.fma(r, of(1.6666665459e-1f));
        p = p.fma(r, of(5.0000001201e-1f));
        p = p.fma(r.mul(r), r).add(1f);
        IntVector power = shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23);
        // the exponent field of p grows by n: the high bits that the rounder left are shifted out
        FloatVector scaled = p.reinterpretAsInts().add(power).reinterpretAsFloats();
        return scaled.blend(0f, x.compare(VectorOperators.LT, UNDERFLOW));
    }

    private static VectorShuffle<Float> rotation(int by) {
        return VectorShuffle.fromOp(SPECIES, lane -> (lane + by) % LANES);
    }
}
