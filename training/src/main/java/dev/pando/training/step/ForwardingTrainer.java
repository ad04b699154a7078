package dev.pando.training.step;

import dev.pando.training.tensor.TensorTable;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/// A trainer that passes every call on to another, for those who change a few of them.
public abstract class ForwardingTrainer implements Trainer {
    protected final Trainer trainer;

    protected ForwardingTrainer(Trainer trainer) {
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
    public void add(MemorySegment sum, MemorySegment other) {
        trainer.add(sum, other);
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
    public Committed skip() {
        return trainer.skip();
    }

    @Override
    public Optional<ShardedMoments> shardedMoments() {
        return trainer.shardedMoments();
    }

    @Override
    public TrainerState state() {
        return trainer.state();
    }

    @Override
    public LossHistory history() {
        return trainer.history();
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
