package dev.pando.checkpoint.io;

/// The time as a writer that holds itself back sees it; tests let it pass at once.
interface WaitingClock {
    long nowNs();

    /// Returns after that time, or earlier when there is nothing to wait for any more.
    void await(long nanos) throws InterruptedException;
}
