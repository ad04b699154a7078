package dev.pando.diagnosis;

/// What a person can mend: one sentence that says what failed, where, and what to do.
public final class DiagnosisException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public DiagnosisException(String sentence) {
        super(sentence);
    }

    public DiagnosisException(String sentence, Throwable cause) {
        super(sentence, cause);
    }
}
