package dev.pando.actors;

import java.util.Arrays;

/// How long things take in this job, and so how long to wait before silence means something: no user sets a timeout.
final class Pace {
    private static final int REMEMBERED = 64;
    private static final int TIMES_THE_SLOW = 5;
    private static final long AT_LEAST_NS = 1_000_000_000L;
    private static final long BEFORE_ANYTHING_IS_KNOWN_NS = 300_000_000_000L;

    private final long[] recentNs = new long[REMEMBERED];
    private long observed;

    /// A piece of work took this long.
    void observe(long durationNs) {
        recentNs[(int) (observed++ % REMEMBERED)] = durationNs;
    }

    long observed() {
        return observed;
    }

    /// Five times what the slow ones among recent pieces of work took, nine in ten being faster, and a second at least:
    /// a worker that is silent longer is given up. To be wrong costs a moment of its time, and no bit.
    ///
    /// @param pieces how many pieces of work the awaited answer is worth
    long patienceNs(int pieces) {
        if (observed == 0) {
            return BEFORE_ANYTHING_IS_KNOWN_NS;
        }
        int known = (int) Math.min(observed, REMEMBERED);
        long[] sorted = Arrays.copyOf(recentNs, known);
        Arrays.sort(sorted);
        long slowNs = sorted[(int) Math.min(known - 1L, known * 9L / 10)];
        return Math.max(AT_LEAST_NS, pieces * (slowNs * TIMES_THE_SLOW));
    }
}
