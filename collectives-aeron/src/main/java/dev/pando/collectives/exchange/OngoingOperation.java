package dev.pando.collectives.exchange;

/// One operation in progress on the device thread: does what can be done now, and says what it waits for.
public interface OngoingOperation {
    /// Does all that needs no waiting.
    ///
    /// @return whether that was anything
    boolean advance();

    boolean isDone();

    /// Whether the operation cannot end without another frame from this member, or without sending it one.
    boolean awaits(int rank);

    /// What it is, for errors: `all-reduce 7`.
    String name();
}
