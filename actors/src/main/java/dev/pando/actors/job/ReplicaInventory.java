package dev.pando.actors.job;

import dev.pando.training.step.LossHistory;
import dev.pando.training.step.Trainer.Committed;
import java.util.List;
import java.util.Optional;

/// What a stage says it holds, to a supervisor that does not know it.
///
/// @param step committed steps of the state, or [#NOTHING]
/// @param history of exactly these steps
/// @param shards of the next step that are computed and held, or will be since they were ordered
/// @param latest of the committed steps, in order: the leader may not have reported the last of them
/// @param share of the optimizer state, where it is sharded; empty where it is whole
public record ReplicaInventory(
        long step, LossHistory history, List<Integer> shards, List<Committed> latest, Optional<OptimizerShard> share) {
    /// In place of a step: the state is half of one and half of another, or unknown.
    public static final long NOTHING = -1;

    public ReplicaInventory {
        shards = List.copyOf(shards);
        latest = List.copyOf(latest);
    }

    public ReplicaInventory(long step, LossHistory history, List<Integer> shards, List<Committed> latest) {
        this(step, history, shards, latest, Optional.empty());
    }

    /// The initial weights.
    public static ReplicaInventory fresh() {
        return new ReplicaInventory(0, LossHistory.EMPTY, List.of(), List.of());
    }
}
