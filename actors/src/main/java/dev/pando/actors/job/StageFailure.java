package dev.pando.actors.job;

/// A stage was asked for what its state does not allow: a defect or a lost message, and the stage restarts.
public final class StageFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public StageFailure(String sentence) {
        super(sentence);
    }
}
