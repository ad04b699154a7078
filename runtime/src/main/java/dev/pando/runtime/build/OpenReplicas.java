package dev.pando.runtime.build;

import dev.pando.training.step.ForwardingTrainer;
import dev.pando.training.step.Trainer;
import java.lang.foreign.Arena;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// Counts the replicas whose memory is still in use, so that nothing below them is taken away too early.
final class OpenReplicas {
    private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(10);

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition closed = lock.newCondition();
    private int open;

    /// A trainer that frees its memory when it is closed, by the thread that computes in it.
    Trainer owning(Trainer trainer, Arena arena) {
        change(1);
        return new Owning(trainer, arena);
    }

    /// Waits until all are closed, for some seconds.
    ///
    /// @return whether none is open
    boolean awaitNone() {
        lock.lock();
        try {
            long left = PATIENCE_NS;
            while (open > 0 && left > 0) {
                left = closed.awaitNanos(left);
            }
            return open == 0;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return false;
        } finally {
            lock.unlock();
        }
    }

    private void change(int by) {
        lock.lock();
        try {
            open += by;
            closed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private final class Owning extends ForwardingTrainer {
        private final Arena arena;
        private boolean over;

        Owning(Trainer trainer, Arena arena) {
            super(trainer);
            this.arena = arena;
        }

        @Override
        public void close() {
            if (!over) {
                over = true;
                trainer.close();
                arena.close();
                change(-1);
            }
        }
    }
}
