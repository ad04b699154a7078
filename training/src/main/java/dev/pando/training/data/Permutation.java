package dev.pando.training.data;

/// A shuffle of `[0, size)` in which any place can be asked for by itself, without a table.
///
/// A Feistel network over the smallest even number of bits that holds the size, walked again while the result lies
/// outside. Equal keys give equal shuffles, on any machine.
final class Permutation {
    private static final int ROUNDS = 8;
    private static final long GOLDEN = 0x9e3779b97f4a7c15L;

    private final long size;
    private final int halfBits;
    private final long mask;
    private final long key;

    /// @param seed of the job
    /// @param pass over the corpus
    /// @param site what is shuffled, so that different things are shuffled differently
    Permutation(long seed, long pass, long site, long size) {
        this.size = size;
        halfBits = Math.max(1, (65 - Long.numberOfLeadingZeros(size - 1)) / 2);
        mask = (1L << halfBits) - 1;
        key = mix(mix(mix(seed) + pass) + site);
    }

    /// What comes at a place.
    long at(long place) {
        long value = place;
        do {
            value = scramble(value);
        } while (value >= size);
        return value;
    }

    private long scramble(long value) {
        long left = value >>> halfBits;
        long right = value & mask;
        for (int round = 0; round < ROUNDS; round++) {
            long next = left ^ mix(key + round * GOLDEN + right) & mask;
            left = right;
            right = next;
        }
        return left << halfBits | right;
    }

    /// The finalizer of SplitMix64: every bit of the input reaches every bit of the output.
    private static long mix(long value) {
        long z = value + GOLDEN;
        z = (z ^ z >>> 30) * 0xbf58476d1ce4e5b9L;
        z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
        return z ^ z >>> 31;
    }
}
