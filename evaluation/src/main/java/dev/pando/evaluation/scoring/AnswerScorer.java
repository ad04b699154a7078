package dev.pando.evaluation.scoring;

import java.util.List;
import java.util.OptionalDouble;

/// Says how good an answer is: a pure function of the answer. Thread-safe.
public interface AnswerScorer {
    /// Name of what [Verdict#score] is.
    String metric();

    Verdict score(Answer answer);

    /// Looks whether this machine can score.
    ///
    /// @throws dev.pando.evaluation.data.EvaluationException saying why not
    default void check() {}

    /// The metric of all answers together, where that is more than a mean.
    ///
    /// @param counts sums of [Verdict#counts] over all of them
    default OptionalDouble together(List<Long> counts) {
        return OptionalDouble.empty();
    }
}
