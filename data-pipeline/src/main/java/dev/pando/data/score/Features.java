package dev.pando.data.score;

import java.util.Arrays;
import java.util.Locale;

/// A text as hashed n-grams: words, pairs of words, and runs of four characters; how often each is there, damped.
///
/// A feature weighs 1 + ln(count), and all of a text together have length 1. Words are runs of letters and digits in
/// lower case; an ideograph is a word by itself. Belongs to one thread.
final class Features {
    private static final int RUN = 4;
    private static final int LONGEST = 20_000; // characters; what follows changes few verdicts
    private static final long WORD = 0x9e3779b97f4a7c15L;
    private static final long PAIR = 0xbf58476d1ce4e5b9L;
    private static final long CHARACTERS = 0x94d049bb133111ebL;

    private final int mask;
    private int[] found = new int[1024];
    private int count;

    /// @param buckets a power of two
    Features(int buckets) {
        mask = buckets - 1;
    }

    /// @param weights of the buckets, by place
    record Vector(int[] buckets, float[] weights) {
        double dot(float[] model) {
            double sum = 0;
            for (int i = 0; i < buckets.length; i++) {
                sum += (double) weights[i] * model[buckets[i]];
            }
            return sum;
        }
    }

    Vector of(String text) {
        count = 0;
        String lower = text.substring(0, Math.min(LONGEST, text.length())).toLowerCase(Locale.ROOT);
        long word = 0;
        long before = 0;
        for (int i = 0; i <= lower.length(); i++) {
            char c = i < lower.length() ? lower.charAt(i) : ' ';
            boolean alone = Character.isIdeographic(c);
            boolean part = !alone && Character.isLetterOrDigit(c);
            if (word != 0 && !part) {
                word(word, before);
                before = word;
                word = 0;
            }
            if (alone) {
                word(c, before);
                before = c;
            } else if (part) {
                word = (word ^ c) * WORD + 1;
            } else if (!Character.isWhitespace(c)) {
                word(c + 0x10000L, 0); // marks say much about the quality of a text
            }
            if (i + RUN <= lower.length()) {
                long run = CHARACTERS;
                for (int k = 0; k < RUN; k++) {
                    run = (run ^ lower.charAt(i + k)) * PAIR;
                }
                add(run);
            }
        }
        return vector();
    }

    private void word(long word, long before) {
        add(word * WORD);
        if (before != 0) {
            add((before * PAIR ^ word) * WORD);
        }
    }

    private void add(long hash) {
        if (count == found.length) {
            found = Arrays.copyOf(found, 2 * count);
        }
        long mixed = hash ^ hash >>> 31;
        mixed *= 0xff51afd7ed558ccdL;
        found[count++] = (int) (mixed >>> 33) & mask;
    }

    private Vector vector() {
        Arrays.sort(found, 0, count);
        int[] buckets = new int[count];
        float[] weights = new float[count];
        int distinct = 0;
        double squares = 0;
        for (int i = 0; i < count; ) {
            int j = i;
            while (j < count && found[j] == found[i]) {
                j++;
            }
            double weight = 1 + StrictMath.log(j - i);
            buckets[distinct] = found[i];
            weights[distinct++] = (float) weight;
            squares += weight * weight;
            i = j;
        }
        float length = (float) Math.sqrt(squares);
        for (int i = 0; i < distinct; i++) {
            weights[i] /= length;
        }
        return new Vector(Arrays.copyOf(buckets, distinct), Arrays.copyOf(weights, distinct));
    }
}
