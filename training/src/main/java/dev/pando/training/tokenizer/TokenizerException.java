package dev.pando.training.tokenizer;

/// A tokenizer that cannot be read, written or trained; the message is one sentence for the user.
public final class TokenizerException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public TokenizerException(String message) {
        super(message);
    }

    public TokenizerException(String message, Throwable cause) {
        super(message, cause);
    }
}
