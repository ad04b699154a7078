package dev.pando.diagnosis.template;

import java.util.Arrays;

/// A set of short words that is asked with bytes, without making a text of them.
final class Words {
    private static final int LONGEST = 8;

    private final long[] slots;

    private Words(String[] words) {
        slots = new long[Integer.highestOneBit(words.length * 8)];
        for (String word : words) {
            long packed = 0;
            for (int i = 0; i < word.length(); i++) {
                packed = packed << 8 | word.charAt(i);
            }
            int at = slot(packed);
            while (slots[at] != 0 && slots[at] != packed) {
                at = at + 1 & slots.length - 1;
            }
            slots[at] = packed;
        }
    }

    /// Words of at most eight ASCII characters, parted by spaces.
    static Words of(String words) {
        String[] all = words.split(" +");
        if (Arrays.stream(all).anyMatch(word -> word.length() > LONGEST)) {
            throw new IllegalArgumentException("a word is longer than " + LONGEST + " characters: " + words);
        }
        return new Words(all);
    }

    /// Whether the bytes from `from` to `to` are one of the words.
    boolean holds(byte[] line, int from, int to) {
        if (to - from > LONGEST || to <= from) {
            return false;
        }
        long packed = 0;
        for (int i = from; i < to; i++) {
            packed = packed << 8 | line[i] & 0xff;
        }
        for (int at = slot(packed); slots[at] != 0; at = at + 1 & slots.length - 1) {
            if (slots[at] == packed) {
                return true;
            }
        }
        return false;
    }

    private int slot(long packed) {
        return (int) (packed * 0x9E3779B97F4A7C15L >>> 40) & slots.length - 1;
    }
}
