package dev.pando.chaos.injection;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;

/// The ways in which a faulty call takes its time.
final class Patience {
    private Patience() {}

    /// Waits without hearing interrupts, as a stopped process would; they are there again afterwards.
    static void deaf(Duration duration) {
        long endNs = System.nanoTime() + duration.toNanos();
        boolean interrupted = false;
        while (endNs - System.nanoTime() > 0) {
            LockSupport.parkNanos(endNs - System.nanoTime());
            interrupted |= Thread.interrupted();
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    static void untilInterrupted() {
        try {
            new CountDownLatch(1).await();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
