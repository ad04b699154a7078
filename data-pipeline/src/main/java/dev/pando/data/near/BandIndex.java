package dev.pando.data.near;

import java.util.Arrays;

/// Kept documents by the hashes of their bands: where candidates are looked up.
final class BandIndex {
    private long[] keys = new long[1 << 12];
    private int[] heads = new int[1 << 12]; // number of an entry plus 1, or 0
    private int slots;
    private int[] documents = new int[1 << 12];
    private int[] next = new int[1 << 12];
    private int entries;

    void add(long band, int document) {
        if (2 * slots > keys.length) {
            grow();
        }
        if (entries == documents.length) {
            documents = Arrays.copyOf(documents, 2 * entries);
            next = Arrays.copyOf(next, 2 * entries);
        }
        int slot = slot(keys, heads, band);
        slots += heads[slot] == 0 ? 1 : 0;
        keys[slot] = band;
        documents[entries] = document;
        next[entries] = heads[slot];
        heads[slot] = ++entries;
    }

    /// First entry of a band, or 0.
    int first(long band) {
        return heads[slot(keys, heads, band)];
    }

    /// The entry after one, or 0.
    int after(int entry) {
        return next[entry - 1];
    }

    int document(int entry) {
        return documents[entry - 1];
    }

    private static int slot(long[] keys, int[] heads, long band) {
        int mask = keys.length - 1;
        int slot = (int) (band ^ band >>> 32) & mask;
        while (heads[slot] != 0 && keys[slot] != band) {
            slot = slot + 1 & mask;
        }
        return slot;
    }

    private void grow() {
        long[] moreKeys = new long[2 * keys.length];
        int[] moreHeads = new int[2 * keys.length];
        for (int i = 0; i < keys.length; i++) {
            if (heads[i] != 0) {
                int slot = slot(moreKeys, moreHeads, keys[i]);
                moreKeys[slot] = keys[i];
                moreHeads[slot] = heads[i];
            }
        }
        keys = moreKeys;
        heads = moreHeads;
    }
}
