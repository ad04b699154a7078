package dev.pando.runtime.folder;

import dev.pando.actors.job.Stopwatch;
import dev.pando.runtime.settings.UserError;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Writes what a run leaves behind, in order, at no cost to the run: what a full or absent disk refuses waits in memory
/// and is tried again with what comes next, and at the end.
///
/// Used by one thread.
final class PatientWrites {
    /// The folder gains something, all of it or nothing.
    @FunctionalInterface
    interface Write {
        /// @throws UserError if the disk refuses
        void run();
    }

    private static final Logger LOG = LoggerFactory.getLogger(PatientWrites.class);
    private static final double BETWEEN_TRIES_SECONDS = 0.5;
    private static final int MOST_WAITING = 1_000_000; // some hundred MiB

    private final Stopwatch stopwatch;
    private final Deque<Write> waiting = new ArrayDeque<>();
    private long triedNs;
    private long dropped;
    private boolean refused;

    PatientWrites(Stopwatch stopwatch) {
        this.stopwatch = stopwatch;
    }

    void add(Write write) {
        if (waiting.size() >= MOST_WAITING) {
            dropped++;
            return;
        }
        waiting.add(write);
        if (!refused || stopwatch.secondsSince(triedNs) >= BETWEEN_TRIES_SECONDS) {
            write();
        }
    }

    /// Whether all is written.
    boolean isDone() {
        return waiting.isEmpty();
    }

    /// Tries for a while.
    ///
    /// @return whether all is written
    boolean finish(double seconds) {
        long begin = stopwatch.nanos();
        write();
        while (!waiting.isEmpty()
                && stopwatch.secondsSince(begin) < seconds
                && !Thread.currentThread().isInterrupted()) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(200));
            write();
        }
        if (!waiting.isEmpty() || dropped > 0) {
            LOG.warn("{} lines of the run's folder were not written", waiting.size() + dropped);
        }
        return waiting.isEmpty();
    }

    private void write() {
        triedNs = stopwatch.nanos();
        try {
            while (!waiting.isEmpty()) {
                waiting.element().run();
                waiting.remove();
            }
            if (refused) {
                LOG.warn("the run's folder can be written again, and nothing is missing in it");
            }
            refused = false;
        } catch (UserError trouble) {
            if (!refused) {
                LOG.warn("{}; training goes on, and this is written when the disk takes it", trouble.getMessage());
            }
            refused = true;
        }
    }
}
