package dev.pando.actors;

import java.util.Arrays;

/// How long things take in this job, and so how long to wait before silence means something: no user sets a timeout.
final class Pace {
    private static final int REMEMBERED = 64;
    private static final int TIMES_THE_SLOWEST = 10;
    private static final long AT_LEAST_NS = 1_000_000_000L;
    private static final long BEFORE_ANYTHING_IS_KNOWN_NS = 300_000_000_000L;

    private final long[] recentNs = new long[REMEMBERED];
    private long observed;

    /// A piece of work took this long.
    void observe(long durationNs) {
        recentNs[(int) (observed++ % REMEMBERED)] = durationNs;
    }

    /// Ten times the slowest piece of work of late, and a second at least: a worker that is silent longer is given up.
    ///
    /// @param pieces how many pieces of work the awaited answer is worth
    long patienceNs(int pieces) {
        if (observed == 0) {
            return BEFORE_ANYTHING_IS_KNOWN_NS;
        }
        long slowestNs = Arrays.stream(recentNs).max().orElseThrow();
        return Math.max(AT_LEAST_NS, pieces * (slowestNs * TIMES_THE_SLOWEST));
    }
}
