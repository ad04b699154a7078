package dev.pando.actors.job;

import java.util.concurrent.CompletionException;

/// Says in one line what a failure was.
public final class Failures {
    private Failures() {}

    /// What failed, and not the stage of a computation that failed with it.
    public static Throwable cause(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }

    /// The message, where it is a sentence of ours; the kind and the message otherwise.
    public static String sentence(Throwable failure) {
        Throwable cause = cause(failure);
        String message = cause.getMessage() == null ? "" : cause.getMessage().lines().findFirst().orElse("");
        boolean ours = cause.getClass().getName().startsWith("dev.pando.") && !message.isEmpty();
        return ours ? message : cause.getClass().getSimpleName() + (message.isEmpty() ? "" : ": " + message);
    }
}
