package dev.pando.training.tensor;

import java.nio.charset.StandardCharsets;

/// Random numbers that are addressed, not drawn: each is a pure function of a key and a counter, so any worker can
/// compute any of them, alone, twice, in any order.
///
/// Two rounds of SplitMix64's finaliser (Steele, Lea and Flood) over the counter and the key.
public final class CounterRandom {
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    private CounterRandom() {}

    /// The key of a named stream.
    ///
    /// @param seed of the job
    /// @param name what is random: a tensor's name, `sample`
    public static long key(long seed, String name) {
        long key = mix(seed + GOLDEN);
        for (byte letter : name.getBytes(StandardCharsets.UTF_8)) {
            key = mix(key ^ letter) + GOLDEN;
        }
        return key;
    }

    /// 64 random bits.
    public static long bits(long key, long counter) {
        return mix(key ^ mix(counter + GOLDEN));
    }

    /// Uniform in (0, 1], of 53 bits.
    public static double uniform(long key, long counter) {
        return ((bits(key, counter) >>> 11) + 1) * 0x1p-53;
    }

    /// Standard normal, by Box and Muller: counters 2i and 2i + 1 are the two halves of a pair.
    public static double normal(long key, long counter) {
        double radius = Math.sqrt(-2 * StrictMath.log(uniform(key, counter & ~1L)));
        double angle = 2 * Math.PI * uniform(key, counter | 1);
        return radius * ((counter & 1) == 0 ? StrictMath.cos(angle) : StrictMath.sin(angle));
    }

    private static long mix(long bits) {
        long z = (bits ^ (bits >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
