package dev.pando.checkpoint.io;

import java.io.InterruptedIOException;

/// Limits a writer's bytes a second, so that what runs in the background stays there.
public final class RateLimiter {
    private static final long SECOND_NS = 1_000_000_000L;

    /// Unused time that may be made up for later, so that a pause of the writer costs nothing.
    private static final long CREDIT_NS = SECOND_NS / 10;

    private final long bytesPerSecond;
    private final WaitingClock clock;
    private boolean begun;
    private long nextNs;

    /// @param bytesPerSecond 0 for no bound
    public RateLimiter(long bytesPerSecond, WaitingClock clock) {
        this.bytesPerSecond = bytesPerSecond;
        this.clock = clock;
    }

    /// Waits until those bytes may go.
    public void await(long bytes) throws InterruptedIOException {
        if (bytesPerSecond == 0) {
            return;
        }
        long wait = claim(bytes);
        if (wait > 0) {
            try {
                clock.await(wait);
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted");
            }
        }
    }

    private synchronized long claim(long bytes) {
        long now = clock.nowNs();
        long begin = !begun || now - nextNs > CREDIT_NS ? now - (begun ? CREDIT_NS : 0) : nextNs;
        begun = true;
        nextNs = begin + (long) ((double) bytes / bytesPerSecond * SECOND_NS);
        return begin - now;
    }
}
