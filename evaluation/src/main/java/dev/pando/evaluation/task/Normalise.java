package dev.pando.evaluation.task;

/// By what the likelihoods of choices are made comparable; the largest wins, and the first of equals.
public enum Normalise {
    /// Sum of log-probabilities of the choice: `acc` of lm-evaluation-harness.
    NONE,
    /// That sum for each character (Unicode code point) of the choice: its `acc_norm`.
    CHARACTERS,
    /// For each byte of the choice in UTF-8.
    BYTES,
    /// For each token of the choice.
    TOKENS,
    /// Minus the sum of the choice after the unconditional prompt: pointwise mutual information.
    UNCONDITIONAL,
    /// Mean of log-probabilities of prompt and choice together, divided by their tokens, the first among them:
    /// OpenCompass's perplexity.
    WHOLE
}
