package dev.pando.bench.step;

import dev.pando.bench.Processor;
import dev.pando.training.grid.Grid;
import dev.pando.training.model.Keeping;
import dev.pando.training.ops.Ops;
import dev.pando.training.optimizer.Recipe;
import dev.pando.training.step.BatchPlan;
import dev.pando.training.step.ModelTrainer;
import dev.pando.training.step.PlainLoop;
import dev.pando.training.step.TrainerState;
import dev.pando.training.tensor.Memory;
import java.lang.foreign.Arena;
import java.time.Duration;
import java.util.List;

/// Pando's side: a trainer in the plain loop, which computes the whole batch as one microbatch of one shard.
final class PandoSide implements Contestant {
    /// A constant learning rate, whatever the number of steps; all tensors decay, as they do in PyTorch's default
    /// group.
    static final Recipe RECIPE = new Recipe(1, 3e-4, 1, 0, 0.9, 0.95, 1e-8, 0.1, true, 1);

    static final long SEED = 1024;

    private final Arena arena = Arena.ofShared();
    private final Grid grid;
    private final ModelTrainer trainer;
    private final PlainLoop loop;

    PandoSide(Workload work, Ops ops) {
        this(work, Grid.WHOLE, ops);
    }

    PandoSide(Workload work, Grid grid, Ops ops) {
        this.grid = grid;
        Memory memory = Memory.of(arena);
        trainer =
                new ModelTrainer(
                        work.model(),
                        Keeping.ALL,
                        RECIPE,
                        new BatchPlan(1, 1, work.rows(), work.length(), grid),
                        batch(work),
                        SEED,
                        ops,
                        memory);
        loop = new PlainLoop(trainer, 1, memory);
    }

    static FixedBatch batch(Workload work) {
        return new FixedBatch(SEED, work.model().vocabulary());
    }

    @Override
    public String name() {
        return grid.isWhole() ? "Pando" : "grid " + grid.tensorShards() + "," + grid.sequenceChunks();
    }

    @Override
    public Turn run(int steps) {
        double[] seconds = new double[steps];
        double[] losses = new double[steps];
        for (int i = 0; i < steps; i++) {
            long begin = System.nanoTime();
            losses[i] = loop.step().loss();
            seconds[i] = (System.nanoTime() - begin) / 1e9;
        }
        return new Turn(seconds, losses);
    }

    /// Weights as they are now, under their names.
    List<TrainerState.Span> weights() {
        return trainer.state().spans().subList(0, trainer.table().entries().size());
    }

    String hash() {
        return loop.hash();
    }

    @Override
    public Duration cpuTime() {
        return Processor.time();
    }

    @Override
    public void close() {
        trainer.close();
        arena.close();
    }
}
