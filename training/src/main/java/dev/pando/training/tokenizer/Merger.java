package dev.pando.training.tokenizer;

import java.util.Arrays;

/// Merges the bytes of one pre-token: again and again the leftmost pair of lowest rank, until no pair has one.
///
/// Takes n log n steps, so that a megabyte without a space is no trap. Not thread-safe: it is all scratch memory.
final class Merger {
    private static final int NONE = -1;

    /// Where merging begins: with bytes, or with characters.
    @FunctionalInterface
    interface Units {
        /// Writes the tokens of `text[from, to)` before any merge, at most one for each byte.
        ///
        /// @return how many
        int of(byte[] text, int from, int to, int[] ids);
    }

    private final PairTable ranks;
    private final int[] merged;
    private final int[] priorities;
    private final Units units;
    private int[] id = new int[64];
    private int[] next = new int[64];
    private int[] previous = new int[64];
    private long[] heap = new long[64];
    private int heapSize;

    /// @param ranks numbers of merges, by pair
    /// @param merged what each merge makes
    /// @param priorities of each merge: the lowest goes first, among equals the leftmost
    Merger(PairTable ranks, int[] merged, int[] priorities, Units units) {
        this.ranks = ranks;
        this.merged = merged;
        this.priorities = priorities;
        this.units = units;
    }

    /// Merges `text[from, to)`, not empty.
    ///
    /// @return number of tokens, which [#token] then has
    int merge(byte[] text, int from, int to) {
        reserve(to - from);
        int length = units.of(text, from, to, id);
        for (int i = 0; i < length; i++) {
            next[i] = i + 1 < length ? i + 1 : NONE;
            previous[i] = i - 1;
        }
        heapSize = 0;
        for (int i = 0; i + 1 < length; i++) {
            offer(i);
        }
        while (heapSize > 0) {
            long candidate = pop();
            int at = (int) candidate;
            int priority = (int) (candidate >>> 32);
            // a candidate is stale once one of its two tokens was merged with another
            if (id[at] != NONE && next[at] != NONE) {
                int rank = rank(at);
                if (rank != PairTable.ABSENT && priorities[rank] == priority) {
                    join(at, rank);
                }
            }
        }
        int tokens = 0;
        for (int i = 0; i != NONE; i = next[i]) {
            id[tokens++] = id[i];
        }
        return tokens;
    }

    /// A token of the last merge.
    int token(int index) {
        return id[index];
    }

    private void join(int at, int rank) {
        int right = next[at];
        id[at] = merged[rank];
        id[right] = NONE;
        next[at] = next[right];
        if (next[at] != NONE) {
            previous[next[at]] = at;
            offer(at);
        }
        if (previous[at] != NONE) {
            offer(previous[at]);
        }
    }

    private int rank(int at) {
        return ranks.get(PairTable.pair(id[at], id[next[at]]));
    }

    private void offer(int at) {
        int rank = rank(at);
        if (rank != PairTable.ABSENT) {
            push((long) priorities[rank] << 32 | at);
        }
    }

    private void push(long candidate) {
        if (heapSize == heap.length) {
            heap = Arrays.copyOf(heap, heapSize * 2);
        }
        int slot = heapSize++;
        while (slot > 0 && heap[slot - 1 >> 1] > candidate) {
            heap[slot] = heap[slot - 1 >> 1];
            slot = slot - 1 >> 1;
        }
        heap[slot] = candidate;
    }

    private long pop() {
        long first = heap[0];
        long moved = heap[--heapSize];
        int slot = 0;
        for (int child = 1; child < heapSize; child = 2 * slot + 1) {
            if (child + 1 < heapSize && heap[child + 1] < heap[child]) {
                child++;
            }
            if (heap[child] >= moved) {
                break;
            }
            heap[slot] = heap[child];
            slot = child;
        }
        heap[slot] = moved;
        return first;
    }

    private void reserve(int length) {
        if (length > id.length) {
            int capacity = Math.max(length, id.length * 2);
            id = new int[capacity];
            next = new int[capacity];
            previous = new int[capacity];
        }
    }
}
