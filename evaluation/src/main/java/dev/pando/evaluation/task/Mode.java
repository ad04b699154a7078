package dev.pando.evaluation.task;

import dev.pando.evaluation.data.Template;
import dev.pando.evaluation.scoring.AnswerScorer;
import java.util.List;
import java.util.function.UnaryOperator;

/// How a task asks a model.
public sealed interface Mode {
    /// What a gold answer is written as.
    enum GoldIs {
        /// Place among the choices, from 0 on.
        INDEX,
        /// A letter, A for the first.
        LETTER,
        /// The text of the choice.
        TEXT
    }

    /// Several continuations of one prompt; the likeliest is the answer.
    ///
    /// @param choices a list, or one template a choice
    /// @param delimiter between prompt and choice
    /// @param unconditional the prompt against which [Normalise#UNCONDITIONAL] measures; empty: nothing but the begin
    record Choice(
            List<Template> choices,
            Template gold,
            GoldIs goldIs,
            String delimiter,
            Normalise normalise,
            Template unconditional)
            implements Mode {}

    /// One continuation of several prompts; the prompt that makes it likeliest is the answer.
    record Contexts(List<Template> contexts, Template continuation, Template gold, String delimiter) implements Mode {}

    /// How likely one continuation is, and whether the model would have written it.
    record LogLikelihood(Template continuation, String delimiter) implements Mode {}

    /// How likely a whole text is.
    record Perplexity(Template text) implements Mode {}

    /// A text that the model writes.
    ///
    /// @param turns prompts behind the first one, each after the model's answer; empty for all but conversations
    /// @param references what would have been right
    /// @param tokens most to write
    /// @param stops texts that end it; what ended it is not part of it
    /// @param samples texts for each item
    /// @param ks for which pass@k is said
    /// @param post what is done with it before it is scored
    record Generation(
            List<Template> turns,
            List<Template> references,
            int tokens,
            List<String> stops,
            int samples,
            double temperature,
            double topP,
            List<Integer> ks,
            UnaryOperator<String> post,
            AnswerScorer scorer)
            implements Mode {}
}
