package dev.pando.collectives;

import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.NanoClock;

/// Counts only the time in which this process was seen to run: an Aeron client ends itself after a minute without a
/// look at its driver, and one that stood still with its whole process need not.
final class LivedNanoClock implements NanoClock {
    private static final long STOOD_STILL_NS = TimeUnit.SECONDS.toNanos(5); // the transport looks every 2 ms

    private final NanoClock clock;
    private long asked;
    private long missedNs;

    LivedNanoClock(NanoClock clock) {
        this.clock = clock;
        this.asked = clock.nanoTime();
    }

    @Override
    public synchronized long nanoTime() {
        long now = clock.nanoTime();
        if (now - asked > STOOD_STILL_NS) {
            missedNs += now - asked - STOOD_STILL_NS;
        }
        asked = now;
        return now - missedNs;
    }
}
