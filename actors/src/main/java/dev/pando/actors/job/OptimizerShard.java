package dev.pando.actors.job;

import dev.pando.training.step.LossHistory;
import dev.pando.training.step.Trainer.ShardLoss;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/// What a stage holds of a sharded optimizer state.
///
/// @param cut spans that there are
/// @param spans whose moments are here, as they are after as many steps as the stage holds
/// @param whole whether all weights are here as they are after these steps; those of the spans are in any case
/// @param prepared what the stage could apply next, if that was committed
public record OptimizerShard(int cut, SortedSet<Integer> spans, boolean whole, Optional<Prepared> prepared) {
    /// The sum over all batch shards of the next step is here.
    ///
    /// @param next history that it leads to
    public record Prepared(ShardLoss total, LossHistory next) {}

    public OptimizerShard {
        spans = new TreeSet<>(spans);
    }

    /// Whether the stage gets by itself to where others are already.
    public boolean leadsTo(LossHistory theirs) {
        return prepared.filter(sum -> sum.next().equals(theirs)).isPresent();
    }
}
