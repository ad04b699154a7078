package dev.pando.chaos.simulation.world;

import dev.pando.chaos.faults.Phase;
import dev.pando.training.step.ForwardingTrainer;
import dev.pando.training.step.Trainer;
import java.lang.foreign.MemorySegment;

/// A trainer that lets the faults of nodes know what its worker is about to do: some strike just then.
final class AttendedTrainer extends ForwardingTrainer {
    private final String worker;
    private final NodeFaults faults;

    AttendedTrainer(String worker, Trainer trainer, NodeFaults faults) {
        super(trainer);
        this.worker = worker;
        this.faults = faults;
    }

    @Override
    public ShardLoss compute(int shard, MemorySegment gradient) {
        faults.reached(worker, Phase.COMPUTE, step());
        return super.compute(shard, gradient);
    }

    @Override
    public Examined examine(MemorySegment gradientSum, ShardLoss total) {
        faults.reached(worker, Phase.VOTE, step());
        return super.examine(gradientSum, total);
    }

    @Override
    public Committed apply(MemorySegment gradientSum, ShardLoss total) {
        faults.reached(worker, Phase.APPLY, step());
        return super.apply(gradientSum, total);
    }
}
