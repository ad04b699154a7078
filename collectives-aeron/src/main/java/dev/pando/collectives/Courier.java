package dev.pando.collectives;

import dev.pando.collectives.memory.Format;
import dev.pando.collectives.wire.LastWait;
import dev.pando.training.step.Collective.Deadline;
import dev.pando.training.step.Collective.Operation;
import dev.pando.training.step.Collective.Outcome;
import dev.pando.training.step.Collective.Partial;
import dev.pando.training.step.ShardTree;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/// Carries out a member's pending operations, one after the other, on a separate thread.
///
/// There is room for a fixed number; a place is used again once its operation was awaited, so that none allocates.
final class Courier implements AutoCloseable {
    static final int PLACES = 1024;

    /// What is done with an operation that was begun.
    @FunctionalInterface
    interface Errand {
        Outcome run(
                Deadline deadline,
                Operation operation,
                ShardTree tree,
                List<Partial> mine,
                MemorySegment result,
                Format format);
    }

    private final Errand errand;
    private final Thread thread;
    private final Place[] places = new Place[PLACES];
    private volatile long begun;
    private volatile boolean closed;

    Courier(String worker, Errand errand) {
        this.errand = errand;
        for (int at = 0; at < PLACES; at++) {
            places[at] = new Place();
        }
        this.thread = Thread.ofPlatform().name("pando-courier-" + worker).daemon().start(this::work);
    }

    synchronized Communicator.Pending begin(
            Deadline deadline,
            Operation operation,
            ShardTree tree,
            List<Partial> mine,
            MemorySegment result,
            Format format) {
        Place place = places[(int) (begun % PLACES)];
        if (closed || !place.free) {
            throw new IllegalStateException(
                    closed
                            ? "the member has left; all-reduce " + operation.number() + " cannot begin"
                            : PLACES + " operations are pending; await the oldest first");
        }
        place.fill(deadline, operation, tree, mine, result, format);
        begun++; // one writer at a time: the lock
        LockSupport.unpark(thread);
        return place;
    }

    /// Operations end by themselves once their member has left.
    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
        LastWait.forEndOf(thread);
    }

    private void work() {
        for (long next = 0; ; next++) {
            while (begun == next) {
                if (closed) {
                    return;
                }
                LockSupport.park(this);
            }
            places[(int) (next % PLACES)].run();
            Thread.interrupted(); // was meant for that operation
        }
    }

    private final class Place implements Communicator.Pending {
        private volatile boolean free = true;
        private volatile boolean done;
        private volatile Thread waiting;
        private Deadline deadline;
        private Operation operation;
        private ShardTree tree;
        private List<Partial> mine;
        private MemorySegment result;
        private Format format;
        private Outcome outcome;
        private RuntimeException broken;

        private void fill(
                Deadline until,
                Operation which,
                ShardTree shape,
                List<Partial> partials,
                MemorySegment target,
                Format numbers) {
            deadline = until;
            operation = which;
            tree = shape;
            mine = partials;
            result = target;
            format = numbers;
            outcome = null;
            broken = null;
            done = false;
            free = false;
        }

        private void run() {
            try {
                outcome = errand.run(deadline, operation, tree, mine, result, format);
            } catch (RuntimeException failure) {
                broken = failure;
            } catch (Error failure) {
                broken = new IllegalStateException("all-reduce " + operation.number() + " broke down", failure);
            }
            done = true;
            LockSupport.unpark(waiting);
        }

        @Override
        public boolean isDone() {
            return done;
        }

        @Override
        public Outcome await() {
            boolean interrupted = false;
            waiting = Thread.currentThread();
            while (!done) {
                LockSupport.park(this);
                if (Thread.interrupted()) {
                    interrupted = true;
                    thread.interrupt(); // who waits is given up, and so is what he waits for
                }
            }
            waiting = null;
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
            Outcome ended = outcome;
            RuntimeException failure = broken;
            free = true;
            if (failure != null) {
                throw failure;
            }
            return ended;
        }
    }
}
