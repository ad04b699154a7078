package dev.pando.chaos.injection;

import java.time.Duration;

/// Holds up all devices of a process at once.
final class Pause {
    private volatile long endNs = System.nanoTime();

    void begin(Duration duration) {
        endNs = System.nanoTime() + duration.toNanos();
    }

    void sitOut() {
        long leftNs = endNs - System.nanoTime();
        if (leftNs > 0) {
            Patience.deaf(Duration.ofNanos(leftNs));
        }
    }
}
