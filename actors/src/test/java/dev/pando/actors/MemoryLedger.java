package dev.pando.actors;

import com.typesafe.config.Config;
import dev.pando.actors.owner.Ledger;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/// Journals that all nodes of a test share, and that outlive them.
public final class MemoryLedger implements Ledger {
    private static final Map<String, Map<String, TreeMap<Long, Page>>> SHELVES = new ConcurrentHashMap<>();

    private static final Map<String, AtomicInteger> OUTAGES = new ConcurrentHashMap<>();

    private final Map<String, TreeMap<Long, Page>> journals;
    private final AtomicInteger outage;

    public MemoryLedger(Config config) {
        this.outage = outage(config.getString("shelf"));
        this.journals = SHELVES.computeIfAbsent(config.getString("shelf"), _ -> new ConcurrentHashMap<>());
    }

    /// Writes that are to fail from now on, as if the connection were lost.
    static AtomicInteger outage(String shelf) {
        return OUTAGES.computeIfAbsent(shelf, _ -> new AtomicInteger());
    }

    @Override
    public void append(String journal, List<Page> pages) {
        if (outage.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
            throw new IllegalStateException("planted: the journal cannot be reached");
        }
        TreeMap<Long, Page> written = pages(journal);
        synchronized (written) {
            for (Page page : pages) {
                if (written.containsKey(page.number())) {
                    throw new Taken(journal, page.number(), written.get(page.number()).writer());
                }
            }
            pages.forEach(page -> written.put(page.number(), page));
        }
    }

    @Override
    public void read(String journal, long from, long to, Consumer<Page> reader) {
        List<Page> found;
        TreeMap<Long, Page> written = pages(journal);
        synchronized (written) {
            found = List.copyOf(written.subMap(from, true, Math.max(from, to), true).values());
        }
        found.forEach(reader);
    }

    @Override
    public long last(String journal) {
        TreeMap<Long, Page> written = pages(journal);
        synchronized (written) {
            return written.isEmpty() ? 0 : written.lastKey();
        }
    }

    @Override
    public void remove(String journal, long to) {
        throw new UnsupportedOperationException("nothing of ours removes pages");
    }

    @Override
    public void close() {}

    private TreeMap<Long, Page> pages(String journal) {
        return journals.computeIfAbsent(journal, _ -> new TreeMap<>());
    }
}
