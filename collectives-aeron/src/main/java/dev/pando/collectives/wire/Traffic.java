package dev.pando.collectives.wire;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/// Counts what one member does. Its device thread writes, anyone reads.
public final class Traffic {
    private final AtomicLong operations = new AtomicLong();
    private final AtomicLong bytesSent = new AtomicLong();
    private final AtomicLong staleFrames = new AtomicLong();
    private final Map<String, AtomicLong> waitingNs = new ConcurrentHashMap<>();

    public void operation() {
        add(operations, 1);
    }

    void sent(long bytes) {
        add(bytesSent, bytes);
    }

    void stale() {
        add(staleFrames, 1);
    }

    /// @param member on whom
    public void waited(String member, long ns) {
        AtomicLong counter = waitingNs.get(member);
        if (counter == null) {
            counter = waitingNs.computeIfAbsent(member, _ -> new AtomicLong());
        }
        add(counter, ns);
    }

    public Counters read() {
        SortedMap<String, Long> waiting = new TreeMap<>();
        waitingNs.forEach((member, ns) -> waiting.put(member, ns.get()));
        return new Counters(operations.get(), bytesSent.get(), staleFrames.get(), waiting);
    }

    private static void add(AtomicLong counter, long amount) {
        counter.lazySet(counter.getPlain() + amount); // one writer
    }
}
