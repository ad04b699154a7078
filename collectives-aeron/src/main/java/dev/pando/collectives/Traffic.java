package dev.pando.collectives;

import java.util.concurrent.atomic.AtomicLong;

/// Counts what one member does. Its device thread writes, anyone reads.
final class Traffic {
    private final AtomicLong operations = new AtomicLong();
    private final AtomicLong bytesSent = new AtomicLong();
    private final AtomicLong staleFrames = new AtomicLong();
    private final AtomicLong waitingNs = new AtomicLong();

    void operation() {
        add(operations, 1);
    }

    void sent(long bytes) {
        add(bytesSent, bytes);
    }

    void stale() {
        add(staleFrames, 1);
    }

    void waited(long ns) {
        add(waitingNs, ns);
    }

    Counters read() {
        return new Counters(operations.get(), bytesSent.get(), staleFrames.get(), waitingNs.get());
    }

    private static void add(AtomicLong counter, long amount) {
        counter.lazySet(counter.getPlain() + amount); // one writer
    }
}
