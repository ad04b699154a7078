package dev.pando.training.tokenizer;

import java.util.Arrays;

/// Maps pairs of token ids to small numbers without boxing either: the table that every merge is looked up in.
final class PairTable {
    static final int ABSENT = -1;
    private static final long FREE = -1;

    private long[] pairs;
    private int[] values;
    private int size;

    PairTable(int expected) {
        int capacity = Integer.highestOneBit(Math.max(8, expected)) * 4;
        pairs = new long[capacity];
        values = new int[capacity];
        Arrays.fill(pairs, FREE);
    }

    static long pair(int left, int right) {
        return (long) left << 32 | right;
    }

    static int left(long pair) {
        return (int) (pair >>> 32);
    }

    static int right(long pair) {
        return (int) pair;
    }

    int get(long pair) {
        int slot = slot(pair);
        return pairs[slot] == FREE ? ABSENT : values[slot];
    }

    void put(long pair, int value) {
        int slot = slot(pair);
        if (pairs[slot] == FREE) {
            pairs[slot] = pair;
            size++;
        }
        values[slot] = value;
        if (size * 2 > pairs.length) {
            grow();
        }
    }

    int size() {
        return size;
    }

    private int slot(long pair) {
        long mixed = pair * 0x9e3779b97f4a7c15L;
        int mask = pairs.length - 1;
        int slot = (int) (mixed >>> 32) & mask;
        while (pairs[slot] != FREE && pairs[slot] != pair) {
            slot = slot + 1 & mask;
        }
        return slot;
    }

    private void grow() {
        long[] oldPairs = pairs;
        int[] oldValues = values;
        pairs = new long[oldPairs.length * 2];
        values = new int[pairs.length];
        Arrays.fill(pairs, FREE);
        for (int i = 0; i < oldPairs.length; i++) {
            if (oldPairs[i] != FREE) {
                int slot = slot(oldPairs[i]);
                pairs[slot] = oldPairs[i];
                values[slot] = oldValues[i];
            }
        }
    }
}
