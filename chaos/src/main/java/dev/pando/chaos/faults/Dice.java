package dev.pando.chaos.faults;

/// Randomness that is addressed, not drawn: the same seed and address always show the same face.
public final class Dice {
    private Dice() {}

    /// 64 random bits (the finalizer of SplitMix64, Steele et al. 2014, chained over the address).
    public static long bits(long seed, long... address) {
        long state = mix(seed + 0x9E3779B97F4A7C15L);
        for (long part : address) {
            state = mix((state ^ part) + 0x9E3779B97F4A7C15L);
        }
        return state;
    }

    /// Uniform in [0, 1).
    public static double uniform(long seed, long... address) {
        return (bits(seed, address) >>> 11) * 0x1.0p-53;
    }

    /// Uniform in [0, bound).
    public static int below(int bound, long seed, long... address) {
        return (int) Long.remainderUnsigned(bits(seed, address), bound);
    }

    private static long mix(long bits) {
        long mixed = (bits ^ (bits >>> 30)) * 0xBF58476D1CE4E5B9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
        return mixed ^ (mixed >>> 31);
    }
}
