package dev.pando.checkpoint.io;

/// Bytes that are not as they were written. The message goes on from `step-…: `.
public final class CorruptCheckpointException extends Exception {
    private static final long serialVersionUID = 1L;

    public CorruptCheckpointException(String what) {
        super(what);
    }
}
