package dev.pando.data.near;

import java.util.Arrays;

/// The set of a text's word 5-grams, as sorted 64-bit hashes: what its likeness to others is measured on.
///
/// Words are runs of letters and digits in lower case; an ideograph is a word by itself. A text of fewer than five
/// words has one shingle, all of it.
final class Shingles {
    static final int WORDS = 5;

    private static final long SEED = 0x9e3779b97f4a7c15L;
    private static final long[] FACTORS = {
        0xff51afd7ed558ccdL, 0xc4ceb9fe1a85ec53L, 0x94d049bb133111ebL, 0xbf58476d1ce4e5b9L, 0xd6e8feb86659fd93L
    };

    private final long[] ring = new long[WORDS];
    private long[] found = new long[1024];
    private int count;
    private int words;

    /// Sorted and without duplicates; empty if the text has no word.
    long[] of(String text) {
        count = 0;
        words = 0;
        long hash = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < 0x80) {
                if (c >= 'a' && c <= 'z' || c >= '0' && c <= '9') {
                    hash = (hash ^ c) * SEED;
                } else if (c >= 'A' && c <= 'Z') {
                    hash = (hash ^ (c + 32)) * SEED;
                } else if (hash != 0) {
                    word(hash);
                    hash = 0;
                }
            } else {
                hash = beyondAscii(text, i, hash);
                i += Character.isHighSurrogate(c) && i + 1 < text.length() ? 1 : 0;
            }
        }
        if (hash != 0) {
            word(hash);
        }
        if (words > 0 && words < WORDS) {
            long all = words;
            for (int i = 0; i < words; i++) {
                all = (all ^ ring[i]) * SEED;
            }
            add(mix(all));
        }
        return distinct();
    }

    private long beyondAscii(String text, int at, long hash) {
        int point = text.codePointAt(at);
        if (Character.isIdeographic(point) || isSyllable(point)) {
            if (hash != 0) {
                word(hash);
            }
            word((SEED ^ point) * SEED);
            return 0;
        }
        if (Character.isLetterOrDigit(point) || Character.getType(point) == Character.NON_SPACING_MARK) {
            return (hash ^ Character.toLowerCase(point)) * SEED;
        }
        if (hash != 0) {
            word(hash);
        }
        return 0;
    }

    /// Kana and Thai, whose words are not separated either.
    private static boolean isSyllable(int point) {
        return point >= 0x3040 && point <= 0x30ff || point >= 0x0e00 && point <= 0x0e7f;
    }

    private void word(long hash) {
        ring[words % WORDS] = hash;
        words++;
        if (words >= WORDS) {
            long sum = 0;
            for (int i = 0; i < WORDS; i++) {
                long word = ring[(words + i) % WORDS];
                sum += (word ^ word >>> 31) * FACTORS[i];
            }
            add(mix(sum));
        }
    }

    private void add(long shingle) {
        if (count == found.length) {
            found = Arrays.copyOf(found, 2 * count);
        }
        found[count++] = shingle;
    }

    /// The finalizer of MurmurHash3: every bit of the sum reaches every bit of the hash.
    private static long mix(long sum) {
        long hash = sum;
        hash ^= hash >>> 33;
        hash *= 0xff51afd7ed558ccdL;
        hash ^= hash >>> 33;
        hash *= 0xc4ceb9fe1a85ec53L;
        return hash ^ hash >>> 33;
    }

    private long[] distinct() {
        Arrays.sort(found, 0, count);
        int distinct = 0;
        for (int i = 0; i < count; i++) {
            if (i == 0 || found[i] != found[i - 1]) {
                found[distinct++] = found[i];
            }
        }
        return Arrays.copyOf(found, distinct);
    }

    /// Jaccard similarity of two sets: shingles in both over shingles in either.
    static double jaccard(long[] a, long[] b) {
        int both = 0;
        int i = 0;
        int j = 0;
        while (i < a.length && j < b.length) {
            if (a[i] == b[j]) {
                both++;
                i++;
                j++;
            } else if (a[i] < b[j]) {
                i++;
            } else {
                j++;
            }
        }
        int either = a.length + b.length - both;
        return either == 0 ? 0 : (double) both / either;
    }
}
