package dev.pando.training.step;

import dev.pando.training.tensor.Memory;
import dev.pando.training.tensor.TensorTable;
import java.lang.foreign.MemorySegment;
import java.util.SortedSet;
import java.util.TreeSet;

/// Cuts a model's numbers into spans of one length that different workers can hold. The cut follows from the model
/// alone, so that it is the same however many workers there are, and a span that is held stays what it is.
///
/// @param elements of the whole, see [TensorTable#length()]
/// @param spanElements of each span but the last, which may be shorter
public record SpanCut(long elements, long spanElements) {
    /// Divides evenly among most numbers of workers that there will be.
    private static final int MOST_SPANS = 120;

    /// Spans begin where vectors and cache lines do.
    private static final long GRAIN = Memory.ALIGNMENT / Float.BYTES;

    public SpanCut {
        if (elements < 1 || spanElements < 1) {
            throw new IllegalArgumentException("cannot cut " + elements + " elements into spans of " + spanElements);
        }
    }

    public static SpanCut of(TensorTable table) {
        long spanElements = Math.ceilDiv(Math.ceilDiv(table.length(), MOST_SPANS), GRAIN) * GRAIN;
        return new SpanCut(table.length(), spanElements);
    }

    /// Number of spans.
    public int spans() {
        return Math.toIntExact(Math.ceilDiv(elements, spanElements));
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
        return span * spanElements;
    }

    /// Elements of a span.
    public long length(int span) {
        return Math.min(spanElements, elements - offset(span));
    }

    /// A span's part of float32 memory of the whole.
    public MemorySegment in(MemorySegment whole, int span) {
        return whole.asSlice(offset(span) * Float.BYTES, length(span) * Float.BYTES);
    }
}
