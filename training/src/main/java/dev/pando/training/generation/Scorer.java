package dev.pando.training.generation;

import dev.pando.training.model.ModelConfig;
import dev.pando.training.model.ModelTensors;
import dev.pando.training.ops.Ops;
import dev.pando.training.tensor.Memory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/// Says how likely a model finds a text, token by token: what choices by likelihood and perplexities are made of.
///
/// A text that begins like the one before costs only its end: the choices of a question, or questions after the same
/// examples. Still every number is a function of the weights and of the text's tokens alone, bit for bit. Not
/// thread-safe.
public final class Scorer {
    private static final int CHUNK = CachedForward.CHUNK;

    private final CachedForward forward;
    private final Ops ops;
    private final int vocabulary;
    private final MemorySegment logits; // CHUNK V
    private final MemorySegment line; // V, used up by the cross-entropy
    private final MemorySegment label;
    private final MemorySegment total;

    /// The chunk whose logits are there; -1: none.
    private int logitsOf = -1;

    // of the rows of that chunk; NaN and -1: not asked yet
    private final double[] logSumExp = new double[CHUNK];
    private final int[] likeliest = new int[CHUNK];

    /// The tokens of a text that were asked for.
    ///
    /// @param logProbabilities of each, in nats, given all tokens before it
    /// @param greedy whether each of them was the likeliest
    public record Scored(double[] logProbabilities, boolean greedy) {
        /// Log-likelihood of all of them, in nats.
        public double sum() {
            double sum = 0;
            for (double each : logProbabilities) {
                sum += each;
            }
            return sum;
        }
    }

    /// @param weights a span of the model's whole table, see [ModelTensors#table]; read only
    /// @param context tokens that a text may have
    public Scorer(ModelConfig model, MemorySegment weights, int context, Ops ops, Memory memory) {
        this.forward = new CachedForward(model, weights, context, ops, memory);
        this.ops = ops;
        this.vocabulary = model.vocabulary();
        this.logits = CachedForward.floats(memory, "logits", CHUNK, vocabulary);
        this.line = CachedForward.floats(memory, "logits of a position", 1, vocabulary);
        this.label = memory.allocate("label", 4);
        this.total = memory.allocate("cross-entropy", 16);
    }

    /// The log-probabilities of a text's tokens from one of them on.
    ///
    /// @param from index of the first token that is asked for; at least 1, because something must stand before it
    public Scored score(int[] tokens, int from) {
        check(tokens, from);
        int inputs = tokens.length - 1; // the last token is only predicted
        int same = forward.common(tokens, inputs);
        int firstAsked = (from - 1) / CHUNK;
        double[] each = new double[tokens.length - from];
        boolean greedy = true;
        for (int chunk = Math.min(same / CHUNK, firstAsked); chunk * CHUNK < inputs; chunk++) {
            int end = Math.min(inputs, (chunk + 1) * CHUNK);
            boolean asked = chunk >= firstAsked;
            if (end > same || asked && logitsOf != chunk) {
                forward.chunk(tokens, inputs, chunk);
                logitsOf = -1;
                if (asked) {
                    formLogits(chunk);
                }
            }
            for (int i = Math.max(from - 1, chunk * CHUNK); i < end; i++) {
                int row = i - chunk * CHUNK;
                each[i + 1 - from] = logit(row, tokens[i + 1]) - logSumExp(row);
                greedy &= likeliest(row) == tokens[i + 1];
            }
        }
        forward.hold(tokens, inputs);
        return new Scored(each, greedy);
    }

    private void formLogits(int chunk) {
        forward.head(0, CHUNK, logits);
        logitsOf = chunk;
        Arrays.fill(logSumExp, Double.NaN);
        Arrays.fill(likeliest, -1);
    }

    private double logit(int row, int token) {
        return logits.getAtIndex(ValueLayout.JAVA_FLOAT, (long) row * vocabulary + token);
    }

    /// By the cross-entropy of token 0, whichever tokens are asked for: so that no number depends on another question.
    private double logSumExp(int row) {
        if (Double.isNaN(logSumExp[row])) {
            long bytes = (long) vocabulary * Float.BYTES;
            ops.copy(logits.asSlice(row * bytes, bytes), line);
            ops.zero(total);
            label.set(ValueLayout.JAVA_INT, 0, 0);
            ops.crossEntropy(line, label, total, 1, vocabulary);
            ops.finish();
            logSumExp[row] = total.get(ValueLayout.JAVA_DOUBLE, 0) + logit(row, 0);
        }
        return logSumExp[row];
    }

    /// The lowest of the likeliest tokens.
    private int likeliest(int row) {
        if (likeliest[row] < 0) {
            int best = 0;
            for (int token = 1; token < vocabulary; token++) {
                if (logit(row, token) > logit(row, best)) {
                    best = token;
                }
            }
            likeliest[row] = best;
        }
        return likeliest[row];
    }

    private void check(int[] tokens, int from) {
        if (from < 1 || from >= tokens.length) {
            throw new IllegalArgumentException(
                    "of "
                            + tokens.length
                            + " tokens, "
                            + from
                            + " and on cannot be scored: one must stand before them");
        }
        if (tokens.length - 1 > forward.context()) {
            throw new IllegalArgumentException(
                    "a text of " + tokens.length + " tokens does not fit into a context of " + forward.context());
        }
        for (int token : tokens) {
            if (token < 0 || token >= vocabulary) {
                throw new IllegalArgumentException("no token " + token + " in a vocabulary of " + vocabulary);
            }
        }
    }
}
