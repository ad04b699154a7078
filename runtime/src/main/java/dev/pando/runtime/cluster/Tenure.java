package dev.pando.runtime.cluster;

import dev.pando.actors.job.Stopwatch;
import dev.pando.runtime.journal.Lease;
import dev.pando.runtime.journal.Lease.Holder;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps the lease of the journal for this node's grove: signs that the grove lives once a second, and knows when
/// another grove has taken the journal over.
///
/// A node that has not seen for some seconds that the lease is still its grove's commits nothing, for its process may
/// have stood still meanwhile, or its ledger may be out of reach: whoever takes the lease over waits for longer.
public final class Tenure implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Tenure.class);

    /// For how long the lease counts as held since it was last seen to be.
    static final double LAPSES_SECONDS = 10;

    private static final long BETWEEN_LOOKS_MS = 1_000;

    private final Lease lease;
    private final String grove;
    private final Supplier<List<String>> members;
    private final BooleanSupplier isOut;
    private final Runnable lost;
    private final Consumer<String> news;
    private final Stopwatch stopwatch;
    private final CountDownLatch closing = new CountDownLatch(1);
    private final AtomicLong seenNs;
    private final Thread thread;
    private volatile boolean isOver;
    private long page = -1;
    private boolean isTold;

    private Tenure(
            Lease lease,
            String grove,
            Supplier<List<String>> members,
            BooleanSupplier isOut,
            Runnable lost,
            Consumer<String> news,
            Stopwatch stopwatch) {
        this.news = news;
        this.isOut = isOut;
        this.lease = lease;
        this.grove = grove;
        this.members = members;
        this.lost = lost;
        this.stopwatch = stopwatch;
        this.seenNs = new AtomicLong(stopwatch.nanos());
        this.thread = Thread.ofPlatform().name("pando-lease").daemon().unstarted(this::keep);
    }

    /// @param lease which this closes
    /// @param grove which holds it, as was just seen
    /// @param members `host:port` of all nodes of the grove; none as long as this node is no member
    /// @param isOut whether the grove has gone on without this node
    /// @param lost runs once another grove holds it, or this node is out
    /// @param news hears what it waits for
    public static Tenure start(
            Lease lease,
            String grove,
            Supplier<List<String>> members,
            BooleanSupplier isOut,
            Runnable lost,
            Consumer<String> news,
            Stopwatch stopwatch) {
        Tenure tenure = new Tenure(lease, grove, members, isOut, lost, news, stopwatch);
        tenure.thread.start();
        return tenure;
    }

    /// Whether this node may act for the grove.
    public boolean isHeld() {
        return stopwatch.secondsSince(seenNs.get()) < LAPSES_SECONDS;
    }

    private void keep() {
        try {
            do {
                if (!look()) {
                    lost.run();
                    return;
                }
            } while (!closing.await(BETWEEN_LOOKS_MS, TimeUnit.MILLISECONDS));
            release();
        } catch (InterruptedException over) {
            Thread.currentThread().interrupt();
        } finally {
            lease.close();
        }
    }

    /// @return whether the lease is still this grove's, and this node of it, for all that is known
    private boolean look() {
        try {
            long beginNs = stopwatch.nanos();
            Optional<Holder> holder = lease.holder();
            if (holder.isPresent() && !holder.get().grove().equals(grove)) {
                LOG.warn("the journal belongs to another grove now, of {}", String.join(", ", holder.get().nodes()));
                return false;
            }
            if (isOut.getAsBoolean()) {
                LOG.warn("the grove has gone on without this node");
                return false;
            }
            seenNs.set(beginNs);
            List<String> nodes = members.get();
            long last = holder.map(Holder::page).orElse(0L);
            if (!nodes.isEmpty() && (page < 0 || last == page)) { // else another member has just written
                lease.write(new Holder(last + 1, grove, nodes, false));
                last++;
            }
            page = nodes.isEmpty() ? -1 : last;
            isTold = false;
            return true;
        } catch (RuntimeException unreadable) {
            if (!isTold) {
                isTold = true;
                LOG.warn("the journal's lease cannot be kept now, trying again: {}", unreadable.getMessage());
                news.accept("the journal cannot be read and written now: " + unreadable.getMessage());
            }
            return true;
        }
    }

    /// The next grove need not wait.
    private void release() {
        try {
            Optional<Holder> holder = lease.holder();
            if (isOver && holder.isPresent() && holder.get().grove().equals(grove)) {
                lease.write(new Holder(holder.get().page() + 1, grove, List.of(), true));
            }
        } catch (RuntimeException unwritable) {
            LOG.debug("the journal's lease was not given back: {}", unwritable.getMessage());
        }
    }

    /// The grove ends with this node.
    public void over() {
        isOver = true;
    }

    @Override
    public void close() {
        closing.countDown();
        try {
            thread.join();
        } catch (InterruptedException hurried) {
            Thread.currentThread().interrupt();
        }
    }
}
