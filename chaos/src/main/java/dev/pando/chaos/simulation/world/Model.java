package dev.pando.chaos.simulation.world;

import dev.pando.training.step.Trainer;
import java.lang.foreign.Arena;

/// The model that simulated worlds train.
public final class Model {
    private Model() {}

    /// A replica that takes no time.
    public static Trainer undisturbed(Arena arena) {
        return new LedgerTrainer(arena, shard -> {});
    }
}
