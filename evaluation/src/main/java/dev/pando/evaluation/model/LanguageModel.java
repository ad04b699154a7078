package dev.pando.evaluation.model;

import dev.pando.training.generation.Sampling;
import dev.pando.training.generation.Scorer;
import dev.pando.training.tokenizer.Tokenizer;
import java.util.function.IntPredicate;

/// What an evaluation asks of a model: how likely texts are, and texts. Thread-safe but for its sessions.
public interface LanguageModel {
    /// By which tables and files call it.
    String name();

    /// Differs, in all likelihood, from that of any model that would give other numbers.
    String id();

    Tokenizer tokenizer();

    /// Tokens that a text may have; longer prompts lose their beginning.
    int context();

    /// Opens the model for one thread.
    ///
    /// @param positions tokens that its texts will have at most
    Session open(int positions);

    /// A model at the disposal of one thread.
    interface Session extends AutoCloseable {
        /// @see Scorer#score
        Scorer.Scored score(int[] tokens, int from);

        /// @see dev.pando.training.generation.Generator#generateWhile
        int[] generate(int[] prompt, int most, Sampling sampling, IntPredicate more);

        @Override
        void close();
    }
}
