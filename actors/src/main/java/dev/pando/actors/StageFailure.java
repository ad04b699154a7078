package dev.pando.actors;

/// A stage was asked for what its state does not allow: a defect or a lost message, and the stage starts anew.
final class StageFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    StageFailure(String sentence) {
        super(sentence);
    }
}
