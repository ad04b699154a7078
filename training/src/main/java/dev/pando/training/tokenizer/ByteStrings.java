package dev.pando.training.tokenizer;

import java.util.Arrays;

/// Numbers distinct byte strings in the order in which they first appear, without an object for each.
final class ByteStrings {
    static final int ABSENT = -1;

    private int[] slots = new int[1024];
    private int[] hashes = new int[512];
    private int[] ends = new int[512];
    private byte[] bytes = new byte[4096];
    private int size;

    ByteStrings() {
        Arrays.fill(slots, ABSENT);
    }

    int size() {
        return size;
    }

    /// Bytes of all strings together.
    int totalBytes() {
        return start(size);
    }

    byte[] get(int number) {
        return Arrays.copyOfRange(bytes, start(number), ends[number]);
    }

    int find(byte[] text, int from, int to) {
        return slots[slot(text, from, to, hash(text, from, to))];
    }

    /// The number of a string, a new one if it is not known yet.
    int intern(byte[] text, int from, int to) {
        int hash = hash(text, from, to);
        int slot = slot(text, from, to, hash);
        if (slots[slot] == ABSENT) {
            slots[slot] = append(text, from, to, hash);
            if (size * 2 > slots.length) {
                rehash();
                return size - 1;
            }
        }
        return slots[slot];
    }

    private int append(byte[] text, int from, int to, int hash) {
        int start = totalBytes();
        int end = Math.addExact(start, to - from);
        if (end > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(end, bytes.length + (bytes.length >> 1)));
        }
        if (size == ends.length) {
            ends = Arrays.copyOf(ends, size * 2);
            hashes = Arrays.copyOf(hashes, size * 2);
        }
        System.arraycopy(text, from, bytes, start, to - from);
        hashes[size] = hash;
        ends[size] = end;
        return size++;
    }

    private int start(int number) {
        return number == 0 ? 0 : ends[number - 1];
    }

    private int slot(byte[] text, int from, int to, int hash) {
        int mask = slots.length - 1;
        int slot = hash & mask;
        while (slots[slot] != ABSENT && !equals(slots[slot], text, from, to, hash)) {
            slot = slot + 1 & mask;
        }
        return slot;
    }

    private boolean equals(int number, byte[] text, int from, int to, int hash) {
        return hashes[number] == hash && Arrays.equals(bytes, start(number), ends[number], text, from, to);
    }

    private void rehash() {
        slots = new int[slots.length * 2];
        Arrays.fill(slots, ABSENT);
        int mask = slots.length - 1;
        for (int number = 0; number < size; number++) {
            int slot = hashes[number] & mask;
            while (slots[slot] != ABSENT) {
                slot = slot + 1 & mask;
            }
            slots[slot] = number;
        }
    }

    private static int hash(byte[] text, int from, int to) {
        int hash = to - from;
        for (int i = from; i < to; i++) {
            hash = hash * 31 + text[i];
        }
        hash ^= hash >>> 15;
        hash *= 0x85ebca6b;
        return hash ^ hash >>> 13;
    }
}
