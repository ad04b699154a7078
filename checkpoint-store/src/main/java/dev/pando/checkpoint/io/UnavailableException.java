package dev.pando.checkpoint.io;

import java.io.IOException;

/// The storage as a whole cannot be used now, which says nothing of any checkpoint in it. The message ends a sentence.
public final class UnavailableException extends IOException {
    private static final long serialVersionUID = 1L;

    public UnavailableException(String message, Throwable cause) {
        super(message, cause);
    }
}
