package dev.pando.runtime.cluster;

import dev.pando.actors.job.Stopwatch;

/// Bounds how often something is said that others can make happen as often as they like.
final class Throttle {
    private final int most;
    private final double seconds;
    private final Stopwatch stopwatch;
    private long beginNs;
    private int said;
    private long unsaid;

    /// @param most times within so many seconds
    Throttle(int most, double seconds, Stopwatch stopwatch) {
        this.most = most;
        this.seconds = seconds;
        this.stopwatch = stopwatch;
        this.beginNs = stopwatch.nanos();
    }

    /// @return whether it may be said now
    synchronized boolean mayPass() {
        if (stopwatch.secondsSince(beginNs) > seconds) {
            beginNs = stopwatch.nanos();
            said = 0;
        }
        if (said == most) {
            unsaid++;
            return false;
        }
        said++;
        return true;
    }

    /// How often it was not said since this was last asked.
    synchronized long unsaid() {
        long count = unsaid;
        unsaid = 0;
        return count;
    }
}
