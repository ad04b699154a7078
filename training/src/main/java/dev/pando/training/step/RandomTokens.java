package dev.pando.training.step;

import dev.pando.training.tensor.CounterRandom;
import java.lang.foreign.ValueLayout;

/// Feeds a trainer without a corpus, for benchmarks and tests: uniform tokens, cut into documents of random lengths.
///
/// @param seed decides all tokens
/// @param vocabulary tokens are below it
/// @param longest length that no document exceeds; that of a row and more: mostly one document a row
public record RandomTokens(long seed, int vocabulary, int longest) implements Sampler {
    public RandomTokens {
        if (vocabulary < 1 || longest < 1) {
            throw new IllegalArgumentException("vocabulary and longest document must be at least 1");
        }
    }

    @Override
    public void fetch(long step, long microbatch, Microbatch into) {
        long key = CounterRandom.bits(CounterRandom.bits(CounterRandom.bits(seed, 0), step), microbatch);
        int stride = into.length() + 1; // a row's tokens, and the one that its last position has to predict
        for (int row = 0; row < into.rows(); row++) {
            int start = 0;
            int end = documentLength(key, row * stride);
            for (int t = 0; t < into.length(); t++) {
                if (t == end) {
                    start = t;
                    end = t + documentLength(key, row * stride + t);
                }
                long at = (long) row * into.length() + t;
                int next = token(key, row * stride + t + 1);
                into.ids().setAtIndex(ValueLayout.JAVA_INT, at, token(key, row * stride + t));
                into.labels().setAtIndex(ValueLayout.JAVA_INT, at, t + 1 == end ? Microbatch.IGNORE : next);
                into.documents().setAtIndex(ValueLayout.JAVA_INT, at, start);
            }
        }
    }

    @Override
    public String digest() {
        return "random tokens: seed " + seed + ", vocabulary " + vocabulary + ", documents up to " + longest;
    }

    private int token(long key, int at) {
        return (int) Long.remainderUnsigned(CounterRandom.bits(key, 2L * at), vocabulary);
    }

    private int documentLength(long key, int at) {
        return 1 + (int) Long.remainderUnsigned(CounterRandom.bits(key, 2L * at + 1), longest);
    }
}
