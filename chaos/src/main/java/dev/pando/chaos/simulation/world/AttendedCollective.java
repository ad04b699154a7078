package dev.pando.chaos.simulation.world;

import dev.pando.chaos.faults.Phase;
import dev.pando.training.step.Collective;
import dev.pando.training.step.ForwardingCollective;
import dev.pando.training.step.ShardTree;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// A member of the data plane that lets the faults of nodes know what its worker is about to do.
final class AttendedCollective extends ForwardingCollective {
    private final String worker;
    private final NodeFaults faults;

    AttendedCollective(String worker, Collective collective, NodeFaults faults) {
        super(collective);
        this.worker = worker;
        this.faults = faults;
    }

    @Override
    public Outcome allReduce(
            Deadline deadline, Operation operation, ShardTree tree, List<Partial> mine, MemorySegment result) {
        faults.reached(worker, Phase.REDUCE, operation.number());
        return super.allReduce(deadline, operation, tree, mine, result);
    }

    @Override
    public Outcome receive(Deadline deadline, Operation operation, String from, List<MemorySegment> spans) {
        faults.reached(worker, Phase.REBUILD, faults.step());
        return super.receive(deadline, operation, from, spans);
    }
}
