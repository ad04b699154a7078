package dev.pando.checkpoint.format;

import java.util.List;

/// Which elements of a tensor a part holds: `count` runs of `run` elements, their beginnings `stride` apart.
///
/// That covers what training ever cuts: a range of the flattened tensor (an optimizer shard), rows or columns (a tensor
/// shard), any range along one dimension, a block of a matrix. A part is packed: its runs follow each other.
///
/// @param start of the first run, in elements of the flattened tensor
public record Slice(long start, long run, long stride, long count) {
    public Slice {
        if (start < 0 || run < 0 || count < 1 || count > 1 && stride < run) {
            throw new IllegalArgumentException(
                    "not a slice: " + count + " runs of " + run + ", " + stride + " apart, from " + start);
        }
        if (run == 0) { // one way to say each
            start = 0;
        }
        if (run == 0 || count == 1 || stride == run) {
            run = Math.multiplyExact(run, count);
            stride = run;
            count = 1;
        }
    }

    /// All of a tensor.
    public static Slice whole(List<Long> shape) {
        return range(0, Shapes.elements(shape));
    }

    /// A range of the flattened tensor.
    public static Slice range(long from, long to) {
        return new Slice(from, to - from, to - from, 1);
    }

    /// A range along one dimension, all of the others.
    public static Slice along(List<Long> shape, int dimension, long from, long to) {
        if (from < 0 || to < from || to > shape.get(dimension)) {
            throw new IllegalArgumentException(
                    "no range " + from + " to " + to + " along dimension " + dimension + " of " + Shapes.spoken(shape));
        }
        long inner = Shapes.elements(shape.subList(dimension + 1, shape.size()));
        long outer = Shapes.elements(shape.subList(0, dimension));
        if (outer == 0) {
            return range(0, 0);
        }
        return new Slice(from * inner, (to - from) * inner, shape.get(dimension) * inner, outer);
    }

    /// Elements of the part.
    public long elements() {
        return run * count;
    }

    /// One past the last element.
    public long end() {
        return start + (count - 1) * stride + run;
    }

    /// Some of the runs.
    Slice runs(long from, long to) {
        return new Slice(start + from * stride, run, stride, to - from);
    }

    /// Whether an element of the flattened tensor in that range belongs to the part.
    public boolean touches(long from, long to) {
        if (from >= to || run == 0 || to <= start || from >= end()) {
            return false;
        }
        if (from <= start) {
            return true;
        }
        long at = (from - start) / stride; // the last run that begins at or before `from`
        return from < start + at * stride + run || at + 1 < count && start + (at + 1) * stride < to;
    }

    /// Whether the two have an element in common.
    public boolean touches(Slice other) {
        boolean fewer = count <= other.count;
        Slice few = fewer ? this : other;
        Slice many = fewer ? other : this;
        for (long at = 0; at < few.count; at++) {
            if (many.touches(few.start + at * few.stride, few.start + at * few.stride + few.run)) {
                return true;
            }
        }
        return false;
    }

    /// Sees a range that two slices share.
    public interface Shared {
        /// @param at in the flattened tensor
        /// @param inOther where it lies in the other, packed part
        void range(long at, long inOther, long length);
    }

    /// Walks what a range of the flattened tensor shares with this part, in order.
    public void walk(long from, long to, Shared shared) {
        if (!touches(from, to)) {
            return;
        }
        long at = from <= start ? 0 : (from - start) / stride;
        for (; at < count && start + at * stride < to; at++) {
            long begin = start + at * stride;
            long low = Math.max(from, begin);
            long high = Math.min(to, begin + run);
            if (low < high) {
                shared.range(low, at * run + low - begin, high - low);
            }
        }
    }

    /// As in a file's header: `[0:100]`, or `[0+3*10:4]` for four runs of three, ten apart.
    public String spoken() {
        return count == 1
                ? "[" + start + ":" + end() + "]"
                : "[" + start + "+" + run + "*" + stride + ":" + count + "]";
    }
}
