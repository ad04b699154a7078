package dev.pando.checkpoint.io;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// The machine's time.
///
/// @param ended when it opens, no writer is held back any more
public record MachineClock(CountDownLatch ended) implements WaitingClock {
    @Override
    public long nowNs() {
        return System.nanoTime();
    }

    @Override
    public void await(long nanos) throws InterruptedException {
        var _ = ended.await(nanos, TimeUnit.NANOSECONDS);
    }
}
