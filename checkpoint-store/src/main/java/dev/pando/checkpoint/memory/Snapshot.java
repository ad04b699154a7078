package dev.pando.checkpoint.memory;

import dev.pando.checkpoint.format.Safetensors;
import dev.pando.training.step.TrainerState;
import dev.pando.training.tensor.Memory;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/// Host memory for one state, allocated once: the copy that is written while training goes on with the original.
final class Snapshot {
    /// What a thread copies at a time: small beside a state, so that several end together.
    private static final int SLAB = 1 << 20;

    private final List<TrainerState.Span> spans;
    private final List<Slab> slabs;

    /// Bytes of one of the spans.
    private record Slab(int span, long at, long bytes) {}

    /// @param like the state whose tensors it has room for
    Snapshot(TrainerState like, Memory home) {
        long bytes = 0;
        for (TrainerState.Span span : like.spans()) {
            bytes = aligned(bytes) + span.data().byteSize();
        }
        MemorySegment memory = home.allocate("copy of a state", Math.max(1, bytes));
        List<TrainerState.Span> copies = new ArrayList<>();
        long at = 0;
        for (TrainerState.Span span : like.spans()) {
            at = aligned(at);
            copies.add(new TrainerState.Span(span.name(), span.shape(), memory.asSlice(at, span.data().byteSize())));
            at += span.data().byteSize();
        }
        this.spans = List.copyOf(copies);
        this.slabs = slabs(spans);
    }

    private static List<Slab> slabs(List<TrainerState.Span> spans) {
        List<Slab> slabs = new ArrayList<>();
        for (int span = 0; span < spans.size(); span++) {
            long bytes = spans.get(span).data().byteSize();
            for (long at = 0; at < bytes; at += SLAB) {
                slabs.add(new Slab(span, at, Math.min(SLAB, bytes - at)));
            }
        }
        return List.copyOf(slabs);
    }

    /// In how many pieces a state is copied, by as many threads as there are.
    int pieces() {
        return slabs.size();
    }

    /// Copies one piece.
    void copy(TrainerState state, int piece) {
        Slab slab = slabs.get(piece);
        MemorySegment from = state.spans().get(slab.span).data();
        MemorySegment.copy(from, slab.at, spans.get(slab.span).data(), slab.at, slab.bytes);
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
}
