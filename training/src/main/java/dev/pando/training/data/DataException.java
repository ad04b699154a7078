package dev.pando.training.data;

/// Data that cannot be found, read or prepared; the message is one sentence for the user.
public final class DataException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public DataException(String message) {
        super(message);
    }

    public DataException(String message, Throwable cause) {
        super(message, cause);
    }
}
