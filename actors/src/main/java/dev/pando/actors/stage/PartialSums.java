package dev.pando.actors.stage;

import dev.pando.training.step.ShardSums;
import dev.pando.training.step.ShardTree;
import dev.pando.training.step.Trainer;
import dev.pando.training.step.Trainer.ShardLoss;
import java.lang.foreign.MemorySegment;

/// Partial sums of gradients of one round of one step, and the sum over all workers.
///
/// The device's thread writes them, and the thread that waits for peers reads them. [StageThreads] runs one of the two
/// at a time.
final class PartialSums {
    private final ShardTree tree;
    private final ShardSums sums;
    private final MemorySegment sum;
    private long step = -1;
    private int round;

    PartialSums(ShardTree tree, ShardSums sums, MemorySegment sum) {
        this.tree = tree;
        this.sums = sums;
        this.sum = sum;
    }

    ShardTree tree() {
        return tree;
    }

    ShardSums sums() {
        return sums;
    }

    /// Over all batch shards, once it is reduced.
    MemorySegment sum() {
        return sum;
    }

    ShardLoss compute(Trainer trainer, StageRecord.Task task) {
        holdOnly(task.step(), task.round());
        return sums.compute(trainer, task.shard());
    }

    /// Drops partial sums of another step, or of a round that was dropped.
    void holdOnly(long ofStep, int ofRound) {
        if (step != ofStep || round != ofRound) {
            sums.reset();
            step = ofStep;
            round = ofRound;
        }
    }
}
