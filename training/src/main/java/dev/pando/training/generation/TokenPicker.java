package dev.pando.training.generation;

import dev.pando.training.tensor.CounterRandom;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/// Picks tokens from logits: greedy, or nucleus sampling (Holtzman et al.). In float64 and in a fixed order, so that a
/// seed's text is the same everywhere the logits are.
final class TokenPicker {
    private final int vocabulary;
    private final double[] probabilities;
    private final long[] order;

    TokenPicker(int vocabulary) {
        this.vocabulary = vocabulary;
        this.probabilities = new double[vocabulary];
        this.order = new long[vocabulary];
    }

    /// @param logits of one position
    /// @param count tokens picked before this one: the address of its random number
    int pick(MemorySegment logits, Sampling sampling, long count) {
        int top = argmax(logits);
        if (!Float.isFinite(logits.getAtIndex(ValueLayout.JAVA_FLOAT, top))) {
            throw new GenerationException(
                    "the model's score of its best token is "
                            + logits.getAtIndex(ValueLayout.JAVA_FLOAT, top)
                            + ": its weights are damaged, or it was trained until its loss was no number");
        }
        if (sampling.temperature() == 0) {
            return top;
        }
        double best = logits.getAtIndex(ValueLayout.JAVA_FLOAT, top);
        double sum = 0;
        for (int token = 0; token < vocabulary; token++) {
            double score = (logits.getAtIndex(ValueLayout.JAVA_FLOAT, token) - best) / sampling.temperature();
            probabilities[token] = StrictMath.exp(score);
            sum += probabilities[token];
        }
        double random = CounterRandom.uniform(CounterRandom.key(sampling.seed(), "sample"), count);
        return nucleus(sum, sampling.topP(), random);
    }

    /// The lowest of the most probable tokens.
    private int argmax(MemorySegment logits) {
        int top = 0;
        for (int token = 1; token < vocabulary; token++) {
            if (logits.getAtIndex(ValueLayout.JAVA_FLOAT, token) > logits.getAtIndex(ValueLayout.JAVA_FLOAT, top)) {
                top = token;
            }
        }
        return top;
    }

    /// @param sum of all probabilities, which need not be 1
    /// @param random in (0, 1]
    private int nucleus(double sum, double topP, double random) {
        for (int token = 0; token < vocabulary; token++) {
            // as float32 bits, which sort as their numbers do; among equals the lower token comes first
            long falling = (long) Integer.MAX_VALUE - Float.floatToRawIntBits((float) probabilities[token]);
            order[token] = falling << 32 | token;
        }
        Arrays.sort(order);
        int size = 0;
        double mass = 0;
        while (size < vocabulary && mass < topP * sum) {
            mass += probabilities[(int) order[size++]];
        }
        double target = random * mass;
        double passed = 0;
        for (int i = 0; i < size - 1; i++) {
            passed += probabilities[(int) order[i]];
            if (passed >= target) {
                return (int) order[i];
            }
        }
        return (int) order[size - 1];
    }
}
