package dev.pando.runtime;

import dev.pando.training.step.LossHistory;
import dev.pando.training.step.Trainer;
import dev.pando.training.step.TrainerState;
import dev.pando.training.tensor.TensorTable;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
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

    private final class Owning implements Trainer {
        private final Trainer trainer;
        private final Arena arena;
        private boolean over;

        Owning(Trainer trainer, Arena arena) {
            this.trainer = trainer;
            this.arena = arena;
        }

        @Override
        public long step() {
            return trainer.step();
        }

        @Override
        public TensorTable table() {
            return trainer.table();
        }

        @Override
        public ShardLoss compute(int shard, MemorySegment gradient) {
            return trainer.compute(shard, gradient);
        }

        @Override
        public void add(MemorySegment sum, MemorySegment other) {
            trainer.add(sum, other);
        }

        @Override
        public Examined examine(MemorySegment gradientSum, ShardLoss total) {
            return trainer.examine(gradientSum, total);
        }

        @Override
        public Committed apply(MemorySegment gradientSum, ShardLoss total) {
            return trainer.apply(gradientSum, total);
        }

        @Override
        public TrainerState state() {
            return trainer.state();
        }

        @Override
        public void restored(long step, LossHistory history) {
            trainer.restored(step, history);
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
