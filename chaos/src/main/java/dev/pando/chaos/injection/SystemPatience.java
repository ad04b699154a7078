package dev.pando.chaos.injection;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/// Takes its time on the machine's own clock.
final class SystemPatience implements Patience {
    private static final long A_MOMENT_NS = 1_000_000;

    @Override
    public long nanos() {
        return System.nanoTime();
    }

    @Override
    public void deaf(Duration duration) {
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

    @Override
    public void untilInterrupted() {
        try {
            new CountDownLatch(1).await();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public boolean until(BooleanSupplier something, long patienceNs) {
        long beganNs = System.nanoTime();
        while (!something.getAsBoolean()
                && System.nanoTime() - beganNs < patienceNs
                && !Thread.currentThread().isInterrupted()) {
            LockSupport.parkNanos(A_MOMENT_NS);
        }
        return something.getAsBoolean();
    }
}
