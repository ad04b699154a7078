package dev.pando.chaos.crash;

/// A process that did something else than it was to do; the message is one sentence.
public final class CrashException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    CrashException(String sentence) {
        super(sentence);
    }

    CrashException(String sentence, Throwable cause) {
        super(sentence, cause);
    }
}
