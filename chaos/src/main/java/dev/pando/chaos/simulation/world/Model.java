package dev.pando.chaos.simulation.world;

import dev.pando.training.step.SkipRule;
import dev.pando.training.step.Trainer;
import java.lang.foreign.Arena;

/// The model that simulated worlds train.
public final class Model {
    /// Rule for gradients whose norm hardly varies.
    public static final SkipRule SKIP = new SkipRule(10, 3);

    private Model() {}

    /// A replica that takes no time.
    public static Trainer undisturbed(Arena arena) {
        return new LedgerTrainer(arena, false, shard -> {});
    }
}
