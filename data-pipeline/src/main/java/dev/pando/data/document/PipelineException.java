package dev.pando.data.document;

/// A step that cannot be done: what failed, where, and what to do, in one sentence for a person.
public final class PipelineException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public PipelineException(String sentence) {
        super(sentence);
    }

    public PipelineException(String sentence, Throwable cause) {
        super(sentence, cause);
    }
}
