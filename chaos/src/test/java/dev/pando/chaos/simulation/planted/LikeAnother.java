package dev.pando.chaos.simulation.planted;

import dev.pando.training.step.LossHistory;
import dev.pando.training.step.Trainer;
import dev.pando.training.step.TrainerState;
import dev.pando.training.tensor.TensorTable;
import java.lang.foreign.MemorySegment;

/// A trainer like another, for bugs to be planted in.
public class LikeAnother implements Trainer {
    protected final Trainer trainer;

    public LikeAnother(Trainer trainer) {
        this.trainer = trainer;
    }

    @Override
    public long step() {
        return trainer.step();
    }

    @Override
    public TensorTable table() {
        return trainer.table();
    }

    @Override
    public ShardLoss compute(int shard, MemorySegment gradient) {
        return trainer.compute(shard, gradient);
    }

    @Override
    public Examined examine(MemorySegment gradientSum, ShardLoss total) {
        return trainer.examine(gradientSum, total);
    }

    @Override
    public Committed apply(MemorySegment gradientSum, ShardLoss total) {
        return trainer.apply(gradientSum, total);
    }

    @Override
    public TrainerState state() {
        return trainer.state();
    }

    @Override
    public void restored(long step, LossHistory history) {
        trainer.restored(step, history);
    }

    @Override
    public void close() {
        trainer.close();
    }
}
