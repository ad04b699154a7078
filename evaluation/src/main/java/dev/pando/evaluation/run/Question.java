package dev.pando.evaluation.run;

import java.util.List;

/// What a model is asked, as text.
sealed interface Question {
    /// A text, and one that may follow it.
    record Pair(String context, String continuation) {}

    /// Which of several pairs is likeliest.
    ///
    /// @param texts of the choices alone, by whose length likelihoods may be divided
    /// @param unconditional as many pairs, or none
    /// @param gold places of the right ones
    record Choices(List<Pair> pairs, List<String> texts, List<Pair> unconditional, List<Integer> gold)
            implements Question {}

    record Likelihood(Pair pair) implements Question {}

    record Whole(String text) implements Question {}

    /// What the model is to go on with.
    ///
    /// @param turns one prompt, or what a person says in turn
    record Prompt(String system, List<String> turns, List<String> references) implements Question {}
}
