package dev.pando.training.generation;

/// A text that a model cannot go on with; the message is a sentence for the user.
public final class GenerationException extends RuntimeException {
    private static final long serialVersionUID = 1;

    GenerationException(String message) {
        super(message);
    }
}
