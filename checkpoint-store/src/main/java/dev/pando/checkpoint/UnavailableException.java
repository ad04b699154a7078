package dev.pando.checkpoint;

import java.io.IOException;

/// The storage as a whole cannot be used now, which says nothing of any checkpoint in it. The message ends a sentence.
final class UnavailableException extends IOException {
    private static final long serialVersionUID = 1L;

    UnavailableException(String message, Throwable cause) {
        super(message, cause);
    }
}
