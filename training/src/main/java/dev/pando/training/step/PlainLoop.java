package dev.pando.training.step;

import dev.pando.training.step.Trainer.Committed;
import dev.pando.training.step.Trainer.ShardLoss;
import dev.pando.training.tensor.Memory;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/// Trains with one trainer alone: the reference that every distributed run is compared with, bit for bit.
public final class PlainLoop {
    private final Trainer trainer;
    private final ShardTree tree;
    private final ShardSums sums;
    private final Optional<SkipRule> rule;

    /// A loop that takes whatever the data gives.
    ///
    /// @param shards batch shards of a step
    /// @param memory where gradient spans live
    public PlainLoop(Trainer trainer, int shards, Memory memory) {
        this(trainer, shards, memory, Optional.empty());
    }

    /// A loop that skips the steps that a job skips.
    public PlainLoop(Trainer trainer, int shards, Memory memory, SkipRule rule) {
        this(trainer, shards, memory, Optional.of(rule));
    }

    private PlainLoop(Trainer trainer, int shards, Memory memory, Optional<SkipRule> rule) {
        this.trainer = trainer;
        this.tree = new ShardTree(shards);
        this.sums = new ShardSums(tree, trainer.table().length(), memory);
        this.rule = rule;
    }

    /// Computes all shards of one step and commits it.
    ///
    /// @throws IllegalStateException with a sentence where a job would end, since more steps than may be are unusable
    public Committed step() {
        for (int shard = 0; shard < tree.shards(); shard++) {
            sums.compute(trainer, shard);
        }
        List<Collective.Partial> whole = sums.partials();
        Committed committed = commit(whole.getFirst().span(), ShardSums.treeSum(tree, sums.losses()::get));
        sums.reset();
        return committed;
    }

    private Committed commit(MemorySegment gradientSum, ShardLoss total) {
        Optional<String> objection =
                rule.flatMap(of -> of.objection(trainer.history(), total, trainer.examine(gradientSum, total)));
        if (objection.isEmpty()) {
            return trainer.apply(gradientSum, total);
        }
        SkipRule skipping = rule.orElseThrow();
        if (!skipping.maySkip(trainer.history())) {
            throw new IllegalStateException(skipping.refusal(trainer.step(), objection.get()));
        }
        return trainer.skip();
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
