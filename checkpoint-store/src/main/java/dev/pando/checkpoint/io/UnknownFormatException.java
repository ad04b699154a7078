package dev.pando.checkpoint.io;

/// Bytes that are as they were written, but not by anyone we understand. The message goes on from `step-… `.
public final class UnknownFormatException extends Exception {
    private static final long serialVersionUID = 1L;

    public UnknownFormatException(String what) {
        super(what);
    }
}
