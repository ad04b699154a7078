package dev.pando.evaluation.data;

/// An evaluation that cannot be as it is asked for: one sentence that says what is wrong, in which file, line and key,
/// and what to write instead.
public final class EvaluationException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public EvaluationException(String sentence) {
        super(sentence);
    }

    public EvaluationException(String sentence, Throwable cause) {
        super(sentence, cause);
    }
}
