package dev.pando.chaos.simulation.world;

import dev.pando.chaos.faults.Phase;
import dev.pando.training.step.CheckpointStore;
import dev.pando.training.step.ForwardingCheckpointStore;
import dev.pando.training.step.TrainerState;
import java.util.List;
import java.util.Map;

/// A store that lets the faults of nodes know what it is about to do.
final class AttendedStore extends ForwardingCheckpointStore {
    private final NodeFaults faults;

    AttendedStore(CheckpointStore store, NodeFaults faults) {
        super(store);
        this.faults = faults;
    }

    @Override
    public Saved save(TrainerState state, Map<String, String> attributes) {
        faults.reached("", Phase.SAVE, state.step());
        return super.save(state, attributes);
    }

    @Override
    public Newest newest() {
        faults.reached("", Phase.LOAD, faults.step());
        return super.newest();
    }

    @Override
    public void load(Saved saved, List<TrainerState.Span> into) {
        faults.reached("", Phase.LOAD, faults.step());
        super.load(saved, into);
    }
}
