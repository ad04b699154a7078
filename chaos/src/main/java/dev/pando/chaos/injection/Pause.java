package dev.pando.chaos.injection;

import java.time.Duration;

/// Holds up all devices of a process at once.
final class Pause {
    private final Patience patience;
    private volatile long endNs;

    Pause(Patience patience) {
        this.patience = patience;
        this.endNs = patience.nanos();
    }

    void begin(Duration duration) {
        endNs = patience.nanos() + duration.toNanos();
    }

    void sitOut() {
        long leftNs = endNs - patience.nanos();
        if (leftNs > 0) {
            patience.deaf(Duration.ofNanos(leftNs));
        }
    }
}
