package dev.pando.bench.step;

import dev.pando.training.step.Sampler;
import dev.pando.training.tensor.CounterRandom;
import java.lang.foreign.ValueLayout;

/// Feeds every step the same rows of random tokens, one document each, so that all steps are the same work.
record FixedBatch(long seed, int vocabulary) implements Sampler {
    @Override
    public void fetch(long step, long microbatch, Microbatch into) {
        for (int row = 0; row < into.rows(); row++) {
            for (int t = 0; t < into.length(); t++) {
                long at = (long) row * into.length() + t;
                into.ids().setAtIndex(ValueLayout.JAVA_INT, at, token(into.length(), row, t));
                into.labels().setAtIndex(ValueLayout.JAVA_INT, at, token(into.length(), row, t + 1));
                into.documents().setAtIndex(ValueLayout.JAVA_INT, at, 0);
            }
        }
    }

    /// A row has a token more than it has positions: what its last position has to predict.
    int token(int length, int row, int t) {
        return (int) Long.remainderUnsigned(CounterRandom.bits(seed, (long) row * (length + 1) + t), vocabulary);
    }

    @Override
    public String digest() {
        return "one batch of random tokens: seed " + seed + ", vocabulary " + vocabulary;
    }
}
