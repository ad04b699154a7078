package dev.pando.training.step;

import dev.pando.training.model.Keeping;
import dev.pando.training.model.ModelConfig;
import dev.pando.training.ops.CpuOps;
import dev.pando.training.optimizer.Recipe;
import dev.pando.training.tensor.Memory;
import java.lang.foreign.Arena;

/// A job that is small enough for a test and still has every kind of edge: groups of queries, odd widths, packed
/// documents, several microbatches, a clipped gradient, more rows than one chunk of the head.
final class Jobs {
    static final ModelConfig MODEL = new ModelConfig(211, 60, 2, 6, 2, 83, 1e4, 1e-5);
    static final Recipe RECIPE = new Recipe(8, 1e-2, 0.1, 2, 0.9, 0.95, 1e-8, 0.1, false, 0.5);
    static final BatchPlan PLAN = new BatchPlan(5, 2, 4, 75);
    static final Sampler TOKENS = new RandomTokens(5, MODEL.vocabulary(), 60);

    private Jobs() {}

    static ModelTrainer trainer(Arena arena, int threads, boolean recompute) {
        return trainer(arena, threads, new Keeping(recompute, false));
    }

    static ModelTrainer trainer(Arena arena, int threads, Keeping keeping) {
        return new ModelTrainer(
                MODEL, keeping, RECIPE, PLAN, TOKENS, 11, new CpuOps("test", threads), Memory.of(arena));
    }

    /// The hash of an undisturbed run of that many steps.
    static String plainHash(int threads, boolean recompute, long steps) {
        return plainHash(threads, new Keeping(recompute, false), steps);
    }

    static String plainHash(int threads, Keeping keeping, long steps) {
        try (Arena arena = Arena.ofShared();
                ModelTrainer trainer = trainer(arena, threads, keeping)) {
            PlainLoop loop = new PlainLoop(trainer, PLAN.shards(), Memory.of(arena));
            loop.run(steps, _ -> {});
            return loop.hash();
        }
    }
}
