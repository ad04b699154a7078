package dev.pando.checkpoint.memory;

import dev.pando.training.step.CheckpointStore;
import dev.pando.training.step.CheckpointStore.Saved;
import dev.pando.training.step.LossHistory;
import dev.pando.training.step.TrainerState;
import dev.pando.training.tensor.Memory;
import java.lang.foreign.Arena;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/// Takes checkpoints while training goes on: copied to host memory beside the next step's computation, then written in
/// the background.
///
/// There are two copies, allocated once: one that is written, one that waits or is being filled. A newer state takes
/// the place of the one that waits; what is being written is always finished. So a new checkpoint never waits for an
/// old one, and what gets written is the newest there was when its writing began.
public final class BackgroundCheckpoints implements AutoCloseable {
    private static final Duration LAST_CHECKPOINTS = Duration.ofMinutes(10); // of which there are two at most
    private static final Duration GIVING_UP = Duration.ofMinutes(1);

    private final CheckpointStore store;
    private final int copyThreads;
    private final ExecutorService copiers;
    private final Thread writer;
    private final Deque<Snapshot> free = new ArrayDeque<>();
    private final Optional<Arena> arena;
    private Pending waiting;
    private int copying;
    private boolean closed;

    /// @param store owned by the caller
    /// @param like a state as they will come, for which memory is allocated here
    /// @param copyThreads that copy a state to host memory
    public BackgroundCheckpoints(CheckpointStore store, TrainerState like, int copyThreads) {
        this(store, like, copyThreads, Arena.ofShared());
    }

    private BackgroundCheckpoints(CheckpointStore store, TrainerState like, int copyThreads, Arena arena) {
        this(store, like, copyThreads, Memory.of(arena), Optional.of(arena));
    }

    /// @param home where the copies lie, until after this is closed. In that of the collective by which they travel, a
    ///   neighbour reads them in place
    public BackgroundCheckpoints(CheckpointStore store, TrainerState like, int copyThreads, Memory home) {
        this(store, like, copyThreads, home, Optional.empty());
    }

    private BackgroundCheckpoints(
            CheckpointStore store, TrainerState like, int copyThreads, Memory home, Optional<Arena> arena) {
        this.store = store;
        this.copyThreads = copyThreads;
        this.arena = arena;
        this.free.push(new Snapshot(like, home));
        this.free.push(new Snapshot(like, home));
        AtomicInteger number = new AtomicInteger();
        this.copiers =
                Executors.newFixedThreadPool(
                        copyThreads,
                        task ->
                                Thread.ofPlatform()
                                        .name("pando-checkpoint-copy-" + number.getAndIncrement())
                                        .daemon()
                                        .unstarted(task));
        this.writer = Thread.ofPlatform().name("pando-checkpoint-writer").daemon().start(this::writeAll);
    }

    /// What became of a checkpoint.
    public sealed interface Outcome {
        /// It survives a power cut.
        record Durable(Saved saved) implements Outcome {}

        /// A newer one was taken before the writer came to it.
        record Superseded(long step) implements Outcome {}
    }

    /// A checkpoint on its way.
    public static final class Taken {
        private final CountDownLatch copied = new CountDownLatch(1);
        private final CompletableFuture<Outcome> outcome = new CompletableFuture<>();
        private volatile RuntimeException failure;
        private Runnable help = () -> {};

        private Taken() {}

        /// Waits until the state may change again: to be called before the next step is applied, not before it is
        /// computed, since computing only reads the state. The caller copies what nobody has begun to copy.
        ///
        /// @param deadlineNs how long to wait at most
        public void awaitCopied(long deadlineNs) throws InterruptedException {
            help.run();
            if (!copied.await(deadlineNs, TimeUnit.NANOSECONDS)) {
                throw new IllegalStateException(
                        "copying the state to host memory took more than " + deadlineNs + " ns");
            }
            if (failure != null) {
                throw failure;
            }
        }

        /// Completes when it is settled; fails with [CheckpointStore.CheckpointException].
        public CompletionStage<Outcome> outcome() {
            return outcome.minimalCompletionStage();
        }
    }

    private record Pending(
            Snapshot copy, long step, LossHistory history, Map<String, String> attributes, Taken taken) {}

    /// Begins to copy the state and returns at once. The state must not change until [Taken#awaitCopied] returns.
    ///
    /// @throws IllegalStateException if the copy before is not complete: one takes a state after that was awaited
    public Taken take(TrainerState state, Map<String, String> attributes) {
        Taken taken = new Taken();
        Pending pending = new Pending(room(state), state.step(), state.history(), Map.copyOf(attributes), taken);
        Copying copying = new Copying(state, pending);
        taken.help = copying;
        for (int n = 0; n < copyThreads; n++) {
            copiers.execute(copying);
        }
        return taken;
    }

    /// Run by as many threads as like to: each takes the next piece that nobody has begun.
    private final class Copying implements Runnable {
        private final TrainerState state;
        private final Pending pending;
        private final AtomicInteger next = new AtomicInteger();
        private final AtomicInteger left;

        Copying(TrainerState state, Pending pending) {
            this.state = state;
            this.pending = pending;
            this.left = new AtomicInteger(pending.copy.pieces());
            if (left.get() == 0) {
                complete();
            }
        }

        @Override
        public void run() {
            int pieces = pending.copy.pieces();
            for (int piece = next.getAndIncrement(); piece < pieces; piece = next.getAndIncrement()) {
                try {
                    pending.copy.copy(state, piece);
                } catch (RuntimeException failed) {
                    pending.taken.failure = failed;
                }
                if (left.decrementAndGet() == 0) {
                    complete();
                }
            }
        }

        private void complete() {
            offer(pending);
            pending.taken.copied.countDown();
        }
    }

    /// A copy that nobody uses; the one that waits is given up if there is no other.
    private Snapshot room(TrainerState state) {
        Snapshot room;
        Pending superseded = null;
        synchronized (this) {
            if (closed) {
                throw new IllegalStateException("no checkpoints are taken any more");
            }
            room = free.poll();
            if (room == null && waiting != null) {
                superseded = waiting;
                room = waiting.copy;
                waiting = null;
            }
            if (room == null) {
                throw new IllegalStateException("step " + state.step() + ": the copy before is not complete");
            }
            if (!room.fits(state)) {
                free.push(room);
                throw new IllegalArgumentException(
                        "step " + state.step() + ": these are not the tensors that were announced");
            }
            copying++;
        }
        if (superseded != null) {
            superseded.taken.outcome.complete(new Outcome.Superseded(superseded.step));
        }
        return room;
    }

    private void offer(Pending pending) {
        Pending superseded;
        synchronized (this) {
            copying--;
            superseded = waiting;
            waiting = pending;
            if (superseded != null) {
                free.push(superseded.copy);
            }
            notifyAll();
        }
        if (superseded != null) {
            superseded.taken.outcome.complete(new Outcome.Superseded(superseded.step));
        }
    }

    private void writeAll() {
        for (Pending next = await(); next != null; next = await()) {
            try {
                if (next.taken.failure != null) {
                    throw next.taken.failure;
                }
                TrainerState state = new TrainerState(next.step, next.history, next.copy.spans());
                Saved saved = store.save(state, next.attributes);
                release(next);
                next.taken.outcome.complete(new Outcome.Durable(saved));
            } catch (Throwable failed) { // whatever it is, those who wait must hear of it, and the next one be tried
                release(next);
                next.taken.outcome.completeExceptionally(failed);
            }
        }
    }

    private synchronized void release(Pending pending) {
        if (!free.contains(pending.copy)) {
            free.push(pending.copy);
        }
    }

    private synchronized Pending await() {
        while (waiting == null && !(closed && copying == 0)) {
            try {
                wait();
            } catch (InterruptedException _) {
                return null;
            }
        }
        Pending next = waiting;
        waiting = null;
        return next;
    }

    /// Writes what waits, then ends.
    ///
    /// @throws IllegalStateException if the store does not come to an end; what it may still read is not given back
    @Override
    public void close() {
        close(LAST_CHECKPOINTS, GIVING_UP);
    }

    /// @param writing how long the last checkpoints may take to be written
    /// @param givingUp and then to be given up
    void close(Duration writing, Duration givingUp) {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        awaitWriter(writing);
        if (writer.isAlive()) {
            writer.interrupt();
            awaitWriter(givingUp);
        }
        if (writer.isAlive()) {
            copiers.shutdown();
            throw new IllegalStateException(
                    String.format(
                            Locale.ROOT,
                            "%s has not ended %d s after it was closed, nor %d s after it was asked to give up",
                            writer.getName(),
                            writing.toSeconds(),
                            givingUp.toSeconds()));
        }
        copiers.close();
        synchronized (this) {
            if (waiting != null) {
                free.push(waiting.copy);
                waiting = null;
            }
            free.clear();
            arena.filter(own -> own.scope().isAlive()).ifPresent(Arena::close);
        }
    }

    private void awaitWriter(Duration patience) {
        try {
            writer.join(patience);
        } catch (InterruptedException hurried) { // whoever hurries us wants the writer to give up its checkpoint
            writer.interrupt();
            awaitWriter(GIVING_UP);
            Thread.currentThread().interrupt();
        }
    }
}
