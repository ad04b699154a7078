package dev.pando.collectives;

import org.agrona.concurrent.EpochClock;

/// By which a media driver judges its clients: after this process stood still, it shows the time at which it did for a
/// while, so that clients that stood still too can say that they live.
///
/// The driver asks for the time every few milliseconds; where it did not, the process stood still.
final class ForgivingEpochClock implements EpochClock {
    private static final long STOOD_STILL_MS = 5_000;
    private static final long FORGIVEN_MS = 3_000; // clients say that they live every half a second

    private final EpochClock clock;
    private long asked;
    private long shown;
    private long forgivingUntil;

    ForgivingEpochClock(EpochClock clock) {
        this.clock = clock;
        this.asked = clock.time();
        this.forgivingUntil = asked;
    }

    @Override
    public synchronized long time() {
        long now = clock.time();
        if (now - asked > STOOD_STILL_MS) {
            forgivingUntil = now + FORGIVEN_MS;
        }
        asked = now;
        if (now >= forgivingUntil) {
            shown = now;
        }
        return shown;
    }
}
