package dev.pando.actors;

import dev.pando.training.step.CheckpointStore;
import dev.pando.training.step.TrainerState;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;

/// Checkpoints that live as long as the test.
final class MemoryStore implements CheckpointStore {
    private final ConcurrentSkipListMap<Long, TrainerState> states = new ConcurrentSkipListMap<>();

    @Override
    public Saved save(TrainerState state, Map<String, String> attributes) {
        List<TrainerState.Span> copies = new ArrayList<>();
        for (TrainerState.Span span : state.spans()) {
            MemorySegment copy = Arena.ofAuto().allocate(span.data().byteSize(), 64).copyFrom(span.data());
            copies.add(new TrainerState.Span(span.name(), span.shape(), copy));
        }
        states.put(state.step(), new TrainerState(state.step(), state.history(), copies));
        return saved(state);
    }

    @Override
    public List<Saved> list() {
        return states.descendingMap().values().stream().map(MemoryStore::saved).toList();
    }

    @Override
    public Newest newest() {
        return new Newest(list().stream().findFirst(), List.of());
    }

    @Override
    public void load(Saved saved, List<TrainerState.Span> into) {
        List<TrainerState.Span> from = states.get(saved.step()).spans();
        for (int i = 0; i < from.size(); i++) {
            into.get(i).data().copyFrom(from.get(i).data());
        }
    }

    Optional<Long> newestStep() {
        return states.isEmpty() ? Optional.empty() : Optional.of(states.lastKey());
    }

    @Override
    public void close() {}

    private static Saved saved(TrainerState state) {
        return new Saved("step-" + state.step(), state.step(), state.history(), Map.of(), 0);
    }
}
