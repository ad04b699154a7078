package dev.pando.actors.liveness;

import java.util.Arrays;

/// How long things take in this job, and so how long to wait before silence means something: no user sets a timeout.
public final class ResponseTimes {
    private static final int REMEMBERED = 64;
    private static final long BEFORE_ANYTHING_IS_KNOWN_NS = 300_000_000_000L;

    private final int times;
    private final long atLeastNs;
    private final long[] recentNs = new long[REMEMBERED];
    private long observed;

    /// @param times what the slow ones take until patience ends
    /// @param atLeastNs patience where all are fast
    public ResponseTimes(int times, long atLeastNs) {
        this.times = times;
        this.atLeastNs = atLeastNs;
    }

    /// A piece of work took this long.
    public void observe(long durationNs) {
        recentNs[(int) (observed++ % REMEMBERED)] = durationNs;
    }

    long observed() {
        return observed;
    }

    /// A multiple of what the slow ones among the recent took, nine in ten being faster: a worker that takes longer is
    /// not waited for. To be wrong costs a moment of its time, and no bit.
    ///
    /// @param pieces how many pieces of work the awaited answer is worth
    long patienceNs(int pieces) {
        return observed == 0 ? BEFORE_ANYTHING_IS_KNOWN_NS : Math.max(atLeastNs, pieces * (slowNs() * times));
    }

    /// What the slow ones among the recent took, nine in ten being faster; 0 where nothing was observed.
    public long slowNs() {
        if (observed == 0) {
            return 0;
        }
        int known = (int) Math.min(observed, REMEMBERED);
        long[] sorted = Arrays.copyOf(recentNs, known);
        Arrays.sort(sorted);
        return sorted[(int) Math.min(known - 1L, known * 9L / 10)];
    }
}
