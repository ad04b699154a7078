package dev.pando.chaos.toy;

import dev.pando.training.step.CheckpointStore;
import dev.pando.training.step.TrainerState;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Checkpoints on the heap.
public final class ToyStore implements CheckpointStore {
    private record Kept(Saved saved, List<byte[]> spans) {}

    private final List<Kept> kept = new ArrayList<>();

    @Override
    public synchronized Saved save(TrainerState state, Map<String, String> attributes) {
        List<byte[]> spans =
                state.spans().stream()
                        .map(span -> span.data().toArray(java.lang.foreign.ValueLayout.JAVA_BYTE))
                        .toList();
        Saved saved = new Saved("step-" + state.step(), state.step(), state.history(), attributes, 0);
        kept.add(new Kept(saved, spans));
        return saved;
    }

    @Override
    public synchronized List<Saved> list() {
        return kept.reversed().stream().map(Kept::saved).toList();
    }

    @Override
    public synchronized Newest newest() {
        return new Newest(kept.isEmpty() ? Optional.empty() : Optional.of(kept.getLast().saved()), List.of());
    }

    @Override
    public synchronized void load(Saved saved, List<TrainerState.Span> into) {
        Kept found = kept.stream().filter(each -> each.saved().id().equals(saved.id())).findFirst().orElseThrow();
        for (int i = 0; i < into.size(); i++) {
            into.get(i).data().copyFrom(MemorySegment.ofArray(found.spans().get(i)));
        }
    }

    @Override
    public void close() {}
}
