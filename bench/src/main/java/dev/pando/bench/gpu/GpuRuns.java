package dev.pando.bench.gpu;

import dev.pando.cuda.CudaOps;
import dev.pando.training.model.Keeping;
import dev.pando.training.ops.CpuOps;
import dev.pando.training.ops.Ops;
import dev.pando.training.optimizer.Recipe;
import dev.pando.training.step.BatchPlan;
import dev.pando.training.step.ModelTrainer;
import dev.pando.training.step.PlainLoop;
import dev.pando.training.step.RandomTokens;
import dev.pando.training.tensor.Memory;
import dev.pando.training.tensor.MemoryPlan;
import java.lang.foreign.Arena;
import java.util.Arrays;

/// Whole training steps, on the GPU and on the CPU, from the same weights on the same tokens.
final class GpuRuns {
    private static final Recipe RECIPE = new Recipe(1, 3e-4, 1, 0, 0.9, 0.95, 1e-8, 0.1, true, 1);
    private static final long SEED = 1024;

    /// @param seconds of each step, as the host sees them
    /// @param bytes held on the device at the end
    /// @param predicted what they were to be
    /// @param used what is in use on the device, that of the driver and of others included
    record Run(double[] losses, double[] seconds, String hash, long bytes, long predicted, long used) {}

    private GpuRuns() {}

    /// @param hashed whether to look at all bits at the end
    static Run onGpu(GpuWork work, int ordinal, int steps, boolean hashed) {
        CudaOps ops = CudaOps.open(ordinal);
        MemoryPlan plan =
                CudaOps.plan(
                        ops.hasLibrary(),
                        imagined ->
                                ModelTrainer.dryRun(
                                        work.model(), Keeping.ALL, RECIPE, batch(work), imagined, imagined.memory()));
        ops.reserve(plan);
        try (ModelTrainer trainer = trainer(work, ops, ops.memory())) {
            Run run = run(trainer, ops.memory(), steps, hashed);
            return new Run(run.losses, run.seconds, run.hash, ops.holding().bytes(), plan.bytes(), ops.used());
        }
    }

    static Run onCpu(GpuWork work, int steps) {
        try (Arena arena = Arena.ofShared();
                ModelTrainer trainer =
                        trainer(
                                work,
                                new CpuOps("bench", Runtime.getRuntime().availableProcessors()),
                                Memory.of(arena))) {
            return run(trainer, Memory.of(arena), steps, false);
        }
    }

    private static Run run(ModelTrainer trainer, Memory gradients, int steps, boolean hashed) {
        PlainLoop loop = new PlainLoop(trainer, 1, gradients);
        double[] losses = new double[steps];
        double[] seconds = new double[steps];
        for (int step = 0; step < steps; step++) {
            long begin = System.nanoTime();
            losses[step] = loop.step().loss();
            seconds[step] = (System.nanoTime() - begin) / 1e9;
        }
        return new Run(losses, seconds, hashed ? loop.hash() : "", 0, 0, 0);
    }

    private static ModelTrainer trainer(GpuWork work, Ops ops, Memory memory) {
        RandomTokens tokens = new RandomTokens(SEED, work.model().vocabulary(), Integer.MAX_VALUE);
        return new ModelTrainer(work.model(), Keeping.ALL, RECIPE, batch(work), tokens, SEED, ops, memory);
    }

    private static BatchPlan batch(GpuWork work) {
        return new BatchPlan(1, 1, work.rows(), work.length());
    }

    /// The largest distance between two runs' losses.
    static double distance(Run one, Run other) {
        double[] distances = new double[one.losses.length];
        Arrays.setAll(distances, step -> Math.abs(one.losses[step] - other.losses[step]));
        return Arrays.stream(distances).max().orElse(0);
    }
}
