package dev.pando.bench.checkpoints;

import dev.pando.training.model.Keeping;
import dev.pando.training.model.ModelConfig;
import dev.pando.training.ops.CpuOps;
import dev.pando.training.optimizer.Recipe;
import dev.pando.training.step.BatchPlan;
import dev.pando.training.step.ModelTrainer;
import dev.pando.training.step.RandomTokens;
import dev.pando.training.step.Trainer;
import dev.pando.training.tensor.Memory;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/// One replica that trains, step by step, as the measurements ask.
final class Rig implements AutoCloseable {
    private static final long DEADLINE_NS = TimeUnit.MINUTES.toNanos(5);

    final Options options;
    final Trainer trainer;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment gradient;

    Rig(Options options) {
        this.options = options;
        ModelConfig model = options.model();
        Recipe recipe = new Recipe(1_000_000, 1e-4, 0.1, 0, 0.9, 0.95, 1e-8, 0.1, true, 1.0);
        Memory memory = Memory.of(arena);
        this.trainer =
                new ModelTrainer(
                        model,
                        Keeping.ALL,
                        recipe,
                        new BatchPlan(1, 1, 1, options.length()),
                        new RandomTokens(1, model.vocabulary(), options.length()),
                        1,
                        new CpuOps("bench", options.threads()),
                        memory);
        this.gradient = memory.allocate("gradient", trainer.table().bytes());
    }

    /// @param seconds of the whole step
    /// @param waited of those, for a copy that was not complete
    record Step(double seconds, double waited) {}

    /// One step. The copy that began before it is awaited where the state begins to change, as a stage does.
    Step step(Future<?> copy) throws Exception {
        long begin = System.nanoTime();
        Trainer.ShardLoss loss = trainer.compute(0, gradient);
        long waiting = System.nanoTime();
        copy.get(DEADLINE_NS, TimeUnit.NANOSECONDS);
        double waited = seconds(waiting);
        trainer.apply(gradient, loss);
        return new Step(seconds(begin), waited);
    }

    List<Double> alone(int steps) throws Exception {
        List<Double> seconds = new ArrayList<>();
        for (int n = 0; n < steps; n++) {
            seconds.add(step(CompletableFuture.completedFuture(null)).seconds());
        }
        return seconds;
    }

    static double seconds(long begin) {
        return (System.nanoTime() - begin) / 1e9;
    }

    /// What others have not yet written to disk would be written on our account.
    static void flush() throws IOException, InterruptedException {
        new ProcessBuilder("sync").start().waitFor();
    }

    @Override
    public void close() {
        trainer.close();
        arena.close();
    }
}
