package dev.pando.training.step;

import dev.pando.training.tensor.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/// Host memory for one consistent copy of a replica's state, so that training goes on while the copy is written out.
///
/// Its memory lives until the last reader of a copy lets go of it, even when the replica is long gone.
public final class SnapshotBuffer {
    private final List<TrainerState.Span> spans;

    /// Allocates room for a state of the same spans.
    public SnapshotBuffer(List<TrainerState.Span> like) {
        Arena arena = Arena.ofAuto();
        this.spans = new ArrayList<>();
        for (TrainerState.Span span : like) {
            MemorySegment room = arena.allocate(span.data().byteSize(), Memory.ALIGNMENT);
            spans.add(new TrainerState.Span(span.name(), span.shape(), room));
        }
    }

    /// Copies the state. The copy before it is overwritten: it must not be in use any more.
    public TrainerState capture(TrainerState state) {
        for (int i = 0; i < spans.size(); i++) {
            spans.get(i).data().copyFrom(state.spans().get(i).data());
        }
        return new TrainerState(state.step(), state.history(), spans);
    }
}
