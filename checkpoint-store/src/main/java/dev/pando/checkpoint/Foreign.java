package dev.pando.checkpoint;

/// Bytes that are as they were written, but not by anyone we understand. The message goes on from `step-… `.
final class Foreign extends Exception {
    private static final long serialVersionUID = 1L;

    Foreign(String what) {
        super(what);
    }
}
