package dev.pando.data.near;

import java.util.Arrays;

/// MinHash: 128 numbers of a set, two of which are equal with the probability that is the sets' Jaccard similarity.
///
/// 25 bands of 5 of them find candidates: a pair of similarity s shares a band with probability 1 - (1 - s^5)^25, which
/// is 0.990 at 0.7. Hash functions are multiplications by odd numbers modulo 2^32 of two halves of one 64-bit hash.
final class Signature {
    static final int HASHES = 128;
    static final int BANDS = 25;
    static final int ROWS = 5;

    private static final int[] FACTORS = new int[HASHES];
    private static final int[] TERMS = new int[HASHES];

    static {
        long state = 0x5851f42d4c957f2dL;
        for (int j = 0; j < HASHES; j++) {
            state = state * 6364136223846793005L + 1442695040888963407L;
            FACTORS[j] = (int) (state >>> 32) | 1;
            state = state * 6364136223846793005L + 1442695040888963407L;
            TERMS[j] = (int) (state >>> 32) | 1;
        }
    }

    private final int[] least = new int[HASHES];

    /// One hash a band.
    long[] bands(long[] shingles) {
        minima(shingles);
        long[] bands = new long[BANDS];
        for (int band = 0; band < BANDS; band++) {
            long hash = band + 1L;
            for (int row = 0; row < ROWS; row++) {
                hash = (hash ^ least[ROWS * band + row]) * 0x9e3779b97f4a7c15L;
                hash ^= hash >>> 29;
            }
            bands[band] = hash;
        }
        return bands;
    }

    /// The loop over hash functions is innermost, over ints alone, so that it runs in vectors.
    int[] minima(long[] shingles) {
        Arrays.fill(least, Integer.MAX_VALUE);
        for (long shingle : shingles) {
            add(least, (int) shingle, (int) (shingle >>> 32));
        }
        return least;
    }

    private static void add(int[] least, int low, int high) {
        for (int j = 0; j < HASHES; j++) {
            least[j] = Math.min(least[j], (low ^ TERMS[j]) * FACTORS[j] + (high ^ FACTORS[j]) * TERMS[j]);
        }
    }
}
