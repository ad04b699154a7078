package dev.pando.training.tensor;

import java.util.ArrayList;
import java.util.List;

/// The shape of the one order of summation: a binary tree over numbers, whatever is added along it.
///
/// A node covers `[first, end)`. Its halves meet at `first` plus the largest power of two below its size, so a node's
/// bounds depend on numbers alone. Where only some numbers have a value, a node with values in one half has that half's
/// value: nothing is added to it, since adding 0 turns -0 into 0.
public final class SumTree {
    private SumTree() {}

    /// One step of a sum in place: `target += source`.
    public record Addition(int target, int source) {}

    /// Where the halves of `[first, end)` meet.
    public static int middle(int first, int end) {
        return first + Integer.highestOneBit(end - first - 1);
    }

    /// The additions that leave the sum of `[from, to)` in its first member, along the tree over `[0, leaves)`.
    public static List<Addition> intoFirst(int leaves, int from, int to) {
        return additions(leaves, from, to, true);
    }

    /// The same, in its last member. Addition commutes, so that the bits are equal.
    public static List<Addition> intoLast(int leaves, int from, int to) {
        return additions(leaves, from, to, false);
    }

    private static List<Addition> additions(int leaves, int from, int to, boolean intoFirst) {
        if (from < 0 || from >= to || to > leaves) {
            throw new IllegalArgumentException("no members [" + from + ", " + to + ") among " + leaves);
        }
        List<Addition> additions = new ArrayList<>();
        add(0, leaves, from, to, intoFirst, additions);
        return List.copyOf(additions);
    }

    private static void add(int first, int end, int from, int to, boolean intoFirst, List<Addition> additions) {
        int low = Math.max(first, from);
        int high = Math.min(end, to);
        if (high - low < 2) {
            return;
        }
        int middle = middle(first, end);
        add(first, middle, from, to, intoFirst, additions);
        add(middle, end, from, to, intoFirst, additions);
        if (low < middle && middle < high) {
            additions.add(
                    intoFirst
                            ? new Addition(low, Math.max(low, middle))
                            : new Addition(high - 1, Math.min(high, middle) - 1));
        }
    }
}
