package dev.pando.evaluation.model;

import dev.pando.evaluation.data.EvaluationException;
import dev.pando.training.generation.Generator;
import dev.pando.training.generation.Sampling;
import dev.pando.training.generation.Scorer;
import dev.pando.training.model.ModelConfig;
import dev.pando.training.ops.CpuOps;
import dev.pando.training.tensor.Memory;
import dev.pando.training.tokenizer.Tokenizer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HexFormat;
import java.util.function.IntPredicate;

/// A model whose weights lie in this process's memory, once for all threads; each thread computes alone, on one core.
public final class WeightsModel implements LanguageModel {
    private final String name;
    private final ModelConfig shape;
    private final MemorySegment weights;
    private final Tokenizer tokenizer;
    private final int context;
    private final String id;

    /// @param weights a span of the model's whole table; read only, by any thread
    /// @param context tokens that a text may have
    /// @throws EvaluationException if the tokenizer has tokens that the model does not know
    public WeightsModel(String name, ModelConfig shape, MemorySegment weights, Tokenizer tokenizer, int context) {
        if (tokenizer.vocabularySize() > shape.vocabulary()) {
            throw new EvaluationException(
                    name
                            + " has a tokenizer of "
                            + tokenizer.vocabularySize()
                            + " tokens and a vocabulary of "
                            + shape.vocabulary()
                            + ": the two do not belong together");
        }
        this.name = name;
        this.shape = shape;
        this.weights = weights;
        this.tokenizer = tokenizer;
        this.context = context;
        try (CpuOps ops = new CpuOps("digest", 1)) {
            long digest = ops.digests(weights, 0, weights.byteSize() / Float.BYTES)[0];
            this.id =
                    HexFormat.of().toHexDigits(digest)
                            + " "
                            + shape
                            + " "
                            + tokenizer.digest()
                            + " context "
                            + context
                            + " on "
                            + CpuOps.kind();
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public Tokenizer tokenizer() {
        return tokenizer;
    }

    @Override
    public int context() {
        return context;
    }

    @Override
    public Session open(int positions) {
        return new OneThread(positions);
    }

    private final class OneThread implements Session {
        private final Arena arena = Arena.ofConfined();
        private final CpuOps ops = new CpuOps("evaluation", 1);
        private final int positions;
        private Scorer scorer;
        private Generator generator;

        OneThread(int positions) {
            this.positions = positions;
        }

        @Override
        public Scorer.Scored score(int[] tokens, int from) {
            if (scorer == null) {
                scorer = new Scorer(shape, weights, positions, ops, Memory.of(arena));
            }
            return scorer.score(tokens, from);
        }

        @Override
        public int[] generate(int[] prompt, int most, Sampling sampling, IntPredicate more) {
            if (generator == null) {
                generator = new Generator(shape, weights, positions, ops, Memory.of(arena));
            }
            return generator.generateWhile(prompt, most, sampling, more);
        }

        @Override
        public void close() {
            ops.close();
            arena.close();
        }
    }
}
