package dev.pando.collectives;

/// One operation in progress on the device thread: does what can be done now, and says what it waits for.
interface Work {
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
