package dev.pando.chaos.faults;

/// A fault script that cannot be read; the message is one sentence for the user, with the place.
public final class FaultSyntaxException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int position;

    FaultSyntaxException(String sentence, int position) {
        super("faults, character " + position + ": " + sentence);
        this.position = position;
    }

    /// Character in the script, from 1.
    public int position() {
        return position;
    }
}
