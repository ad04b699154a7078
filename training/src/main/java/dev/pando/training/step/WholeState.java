package dev.pando.training.step;

import dev.pando.training.tensor.Memory;
import dev.pando.training.tensor.TensorTable;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;

/// Host memory for a whole state whose moments are held in spans by several workers: where they are put together for a
/// checkpoint or a hash, and where a checkpoint is taken apart.
///
/// It is no different from the state of a replica that holds everything. Its memory lives until its last reader lets
/// go.
public final class WholeState {
    private final TensorTable table;
    private final SpanCut cut;
    private final MemorySegment weights;
    private final MemorySegment first;
    private final MemorySegment second;

    public WholeState(TensorTable table, SpanCut cut) {
        this.table = table;
        this.cut = cut;
        Arena arena = Arena.ofAuto();
        this.weights = arena.allocate(table.bytes(), Memory.ALIGNMENT);
        this.first = arena.allocate(table.bytes(), Memory.ALIGNMENT);
        this.second = arena.allocate(table.bytes(), Memory.ALIGNMENT);
    }

    public List<MemorySegment> weights(SortedSet<Integer> spans) {
        return spans.stream().map(span -> cut.in(weights, span)).toList();
    }

    /// First and second moments of spans, in turn.
    public List<MemorySegment> moments(SortedSet<Integer> spans) {
        List<MemorySegment> moments = new ArrayList<>();
        for (Integer span : spans) {
            moments.add(cut.in(first, span));
            moments.add(cut.in(second, span));
        }
        return List.copyOf(moments);
    }

    /// Views of this memory under the names that a checkpoint knows.
    public TrainerState state(long step, LossHistory history) {
        List<TrainerState.Span> spans = new ArrayList<>();
        addSpans(spans, table, "", weights);
        addSpans(spans, table, "exp_avg/", first);
        addSpans(spans, table, "exp_avg_sq/", second);
        return new TrainerState(step, history, spans);
    }

    /// Adds a view of each tensor.
    ///
    /// @param memory of the whole table
    static void addSpans(List<TrainerState.Span> spans, TensorTable table, String prefix, MemorySegment memory) {
        for (TensorTable.Entry entry : table.entries()) {
            spans.add(new TrainerState.Span(prefix + entry.name(), entry.shape(), entry.in(memory)));
        }
    }
}
