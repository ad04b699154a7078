package dev.pando.training.step;

import dev.pando.training.step.Trainer.Committed;
import dev.pando.training.tensor.Memory;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.Consumer;

/// Trains with one trainer and nobody else: the reference that every distributed run is compared with, bit for bit.
public final class PlainLoop {
    private final Trainer trainer;
    private final ShardTree tree;
    private final ShardSums sums;

    /// @param shards batch shards of a step
    /// @param memory where gradient spans live
    public PlainLoop(Trainer trainer, int shards, Memory memory) {
        this.trainer = trainer;
        this.tree = new ShardTree(shards);
        this.sums = new ShardSums(tree, trainer.table().length(), memory);
    }

    /// Computes all shards of one step and commits it.
    public Committed step() {
        for (int shard = 0; shard < tree.shards(); shard++) {
            sums.compute(trainer, shard);
        }
        List<Collective.Partial> whole = sums.partials();
        MemorySegment gradientSum = whole.getFirst().span();
        Committed committed = trainer.apply(gradientSum, ShardSums.treeSum(tree, sums.losses()::get));
        sums.reset();
        return committed;
    }

    /// Trains until that many steps are committed.
    public void run(long steps, Consumer<Committed> each) {
        while (trainer.step() < steps) {
            each.accept(step());
        }
    }

    /// The line that a run ends with.
    public String hash() {
        return StateHash.of(trainer.state());
    }
}
