package dev.pando.training.step;

import dev.pando.training.tensor.Memory;
import dev.pando.training.tensor.TensorTable;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/// Cuts a model's numbers into spans that different workers can hold: its parts, cut further where they are large, so
/// that no span reaches across two parts. The cut follows from the model alone, so that it is the same however many
/// workers there are, and a span that is held stays what it is.
///
/// @param offsets first element of each span, ascending from 0; the next span begins where one ends
/// @param elements of the whole, see [TensorTable#length()]
public record SpanCut(List<Long> offsets, long elements) {
    /// Spans of a model whose parts divide evenly; parts that do not make a few more. It divides evenly among most
    /// numbers of workers that there will be.
    private static final int SPANS = 120;

    /// Spans begin where vectors and cache lines do.
    private static final long GRAIN = Memory.ALIGNMENT / Float.BYTES;

    public SpanCut {
        offsets = List.copyOf(offsets);
        if (offsets.isEmpty() || offsets.getFirst() != 0) {
            throw new IllegalArgumentException("the first span begins at element 0");
        }
        for (int span = 0; span < offsets.size(); span++) {
            if (end(offsets, elements, span) <= offsets.get(span)) {
                throw new IllegalArgumentException("span " + span + " of " + offsets.size() + " has no element");
            }
        }
    }

    public static SpanCut of(TensorTable table) {
        long most = Math.ceilDiv(table.length(), SPANS);
        List<Long> offsets = new ArrayList<>();
        for (TensorTable.Range part : table.parts()) {
            long length = Math.ceilDiv(Math.ceilDiv(part.length(), Math.ceilDiv(part.length(), most)), GRAIN) * GRAIN;
            for (long from = 0; from < part.length(); from += length) {
                offsets.add(part.offset() + from);
            }
        }
        return new SpanCut(offsets, table.length());
    }

    /// Number of spans.
    public int spans() {
        return offsets.size();
    }

    /// All of them.
    public SortedSet<Integer> all() {
        SortedSet<Integer> all = new TreeSet<>();
        for (int span = 0; span < spans(); span++) {
            all.add(span);
        }
        return all;
    }

    /// First element of a span.
    public long offset(int span) {
        if (span < 0 || span >= spans()) {
            throw new IllegalArgumentException("no span " + span + " among " + spans());
        }
        return offsets.get(span);
    }

    /// Elements of a span.
    public long length(int span) {
        return end(offsets, elements, span) - offset(span);
    }

    /// A span's part of float32 memory of the whole.
    public MemorySegment in(MemorySegment whole, int span) {
        return whole.asSlice(offset(span) * Float.BYTES, length(span) * Float.BYTES);
    }

    private static long end(List<Long> offsets, long elements, int span) {
        return span + 1 < offsets.size() ? offsets.get(span + 1) : elements;
    }
}
