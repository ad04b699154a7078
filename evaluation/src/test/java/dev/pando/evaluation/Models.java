package dev.pando.evaluation;

import dev.pando.evaluation.model.LanguageModel;
import dev.pando.evaluation.model.WeightsModel;
import dev.pando.training.generation.Sampling;
import dev.pando.training.generation.Scorer;
import dev.pando.training.model.Initialization;
import dev.pando.training.model.ModelConfig;
import dev.pando.training.model.ModelTensors;
import dev.pando.training.tensor.Memory;
import dev.pando.training.tensor.TensorTable;
import dev.pando.training.tokenizer.BpeTrainer;
import dev.pando.training.tokenizer.Tokenizer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.IntPredicate;
import java.util.function.UnaryOperator;

/// Models for tests: one that computes, and one that says what a test wants.
public final class Models {
    /// Of a few hundred words, so that common words are one token and others several.
    public static final Tokenizer TOKENIZER = tokenizer();

    private Models() {}

    private static Tokenizer tokenizer() {
        BpeTrainer trainer = new BpeTrainer(400);
        String words = "The capital of France is Paris. Question: What is the answer? Answer: yes no one two. ";
        byte[] text = words.repeat(20).getBytes(StandardCharsets.UTF_8);
        trainer.add(text, 0, text.length);
        return trainer.train();
    }

    /// A small model with random weights that prefers some tokens by far.
    public static WeightsModel random(Arena arena, int context) {
        ModelConfig shape = new ModelConfig(TOKENIZER.vocabularySize() + 3, 36, 2, 6, 2, 50, 1e4, 1e-5);
        TensorTable table = ModelTensors.table(shape);
        MemorySegment weights = arena.allocate(table.bytes(), Memory.ALIGNMENT);
        Initialization.fill(table, 5, weights);
        for (long i = 0; i < table.length(); i++) {
            weights.setAtIndex(ValueLayout.JAVA_FLOAT, i, 8 * weights.getAtIndex(ValueLayout.JAVA_FLOAT, i));
        }
        return new WeightsModel("random", shape, weights, TOKENIZER, context);
    }

    /// A model that goes on with each prompt as a function says, and finds all tokens equally likely.
    public static LanguageModel scripted(UnaryOperator<String> answer) {
        return new Scripted(answer);
    }

    private record Scripted(UnaryOperator<String> answer) implements LanguageModel {
        @Override
        public String name() {
            return "scripted";
        }

        @Override
        public String id() {
            return "scripted";
        }

        @Override
        public Tokenizer tokenizer() {
            return TOKENIZER;
        }

        @Override
        public int context() {
            return 1 << 20;
        }

        @Override
        public Session open(int positions) {
            return new Session() {
                @Override
                public Scorer.Scored score(int[] tokens, int from) {
                    double[] each = new double[tokens.length - from];
                    Arrays.fill(each, -1);
                    return new Scorer.Scored(each, false);
                }

                @Override
                public int[] generate(int[] prompt, int most, Sampling sampling, IntPredicate more) {
                    int[] text = TOKENIZER.encode(answer.apply(TOKENIZER.decode(prompt)));
                    int count = 0;
                    while (count < Math.min(most, text.length) && more.test(text[count])) {
                        count++;
                    }
                    return Arrays.copyOf(text, count);
                }

                @Override
                public void close() {}
            };
        }
    }
}
