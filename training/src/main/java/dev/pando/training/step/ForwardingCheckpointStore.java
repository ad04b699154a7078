package dev.pando.training.step;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A store that passes every call on to another, for those who change a few of them.
public abstract class ForwardingCheckpointStore implements CheckpointStore {
    protected final CheckpointStore store;

    protected ForwardingCheckpointStore(CheckpointStore store) {
        this.store = store;
    }

    @Override
    public Saved save(TrainerState state, Map<String, String> attributes) {
        return store.save(state, attributes);
    }

    @Override
    public List<Saved> list() {
        return store.list();
    }

    @Override
    public Newest newest() {
        return store.newest();
    }

    @Override
    public void load(Saved saved, List<TrainerState.Span> into) {
        store.load(saved, into);
    }

    @Override
    public Optional<String> scrub() {
        return store.scrub();
    }

    @Override
    public Optional<String> warning() {
        return store.warning();
    }

    @Override
    public void close() {
        store.close();
    }
}
