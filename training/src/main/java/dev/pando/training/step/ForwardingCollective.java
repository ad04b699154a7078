package dev.pando.training.step;

import dev.pando.training.tensor.Memory;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// A collective that passes every call on to another, for those who change a few of them.
public abstract class ForwardingCollective implements Collective {
    protected final Collective collective;

    protected ForwardingCollective(Collective collective) {
        this.collective = collective;
    }

    @Override
    public String address() {
        return collective.address();
    }

    @Override
    public Memory memory() {
        return collective.memory();
    }

    @Override
    public void enter(Membership membership) {
        collective.enter(membership);
    }

    @Override
    public Outcome allReduce(
            Deadline deadline, Operation operation, ShardTree tree, List<Partial> mine, MemorySegment result) {
        return collective.allReduce(deadline, operation, tree, mine, result);
    }

    @Override
    public Outcome send(Deadline deadline, Operation operation, String to, List<MemorySegment> spans) {
        return collective.send(deadline, operation, to, spans);
    }

    @Override
    public Outcome receive(Deadline deadline, Operation operation, String from, List<MemorySegment> spans) {
        return collective.receive(deadline, operation, from, spans);
    }

    @Override
    public void leave() {
        collective.leave();
    }

    @Override
    public void close() {
        collective.close();
    }
}
