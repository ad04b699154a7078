package dev.pando.checkpoint;

/// Bytes that are not as they were written. The message goes on from `step-…: `.
final class Damaged extends Exception {
    private static final long serialVersionUID = 1L;

    Damaged(String what) {
        super(what);
    }
}
