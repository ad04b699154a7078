package dev.pando.checkpoint;

import dev.pando.training.step.TrainerState;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/// Host memory for one state, allocated once: the copy that is written while training goes on with the original.
final class Snapshot implements AutoCloseable {
    private final Arena arena = Arena.ofShared();
    private final List<TrainerState.Span> spans;

    /// @param like the state whose tensors it has room for
    Snapshot(TrainerState like) {
        long bytes = 0;
        for (TrainerState.Span span : like.spans()) {
            bytes = aligned(bytes) + span.data().byteSize();
        }
        MemorySegment memory = arena.allocate(Math.max(1, bytes), Safetensors.ALIGNMENT);
        List<TrainerState.Span> copies = new ArrayList<>();
        long at = 0;
        for (TrainerState.Span span : like.spans()) {
            at = aligned(at);
            copies.add(new TrainerState.Span(span.name(), span.shape(), memory.asSlice(at, span.data().byteSize())));
            at += span.data().byteSize();
        }
        this.spans = List.copyOf(copies);
    }

    private static long aligned(long at) {
        return at + Safetensors.gap(at);
    }

    List<TrainerState.Span> spans() {
        return spans;
    }

    boolean fits(TrainerState state) {
        if (state.spans().size() != spans.size()) {
            return false;
        }
        for (int i = 0; i < spans.size(); i++) {
            TrainerState.Span theirs = state.spans().get(i);
            if (!theirs.name().equals(spans.get(i).name()) || !theirs.shape().equals(spans.get(i).shape())) {
                return false;
            }
        }
        return true;
    }

    @Override
    public void close() {
        arena.close();
    }
}
