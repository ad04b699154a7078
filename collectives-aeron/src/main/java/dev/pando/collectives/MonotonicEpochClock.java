package dev.pando.collectives;

import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.EpochClock;

/// Dates the signs of life of Aeron's drivers and clients, in milliseconds since the machine started: equal in all of
/// the machine's processes, and no wall clock, which may be set while they run.
final class MonotonicEpochClock implements EpochClock {
    @Override
    public long time() {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
    }
}
