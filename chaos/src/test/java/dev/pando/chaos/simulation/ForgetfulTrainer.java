package dev.pando.chaos.simulation;

import dev.pando.training.step.LossHistory;
import dev.pando.training.step.Trainer;
import dev.pando.training.step.TrainerState;
import dev.pando.training.tensor.TensorTable;
import java.lang.foreign.MemorySegment;

/// A trainer like another, for bugs to be planted in; by itself it forgets the moments that it was restored with.
class ForgetfulTrainer implements Trainer {
    final Trainer trainer;

    ForgetfulTrainer(Trainer trainer) {
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
        trainer.state().spans().stream()
                .filter(span -> span.name().startsWith("exp_avg/"))
                .forEach(span -> span.data().fill((byte) 0));
    }

    @Override
    public void close() {
        trainer.close();
    }
}
