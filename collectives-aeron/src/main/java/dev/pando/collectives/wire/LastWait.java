package dev.pando.collectives.wire;

import java.time.Duration;

/// Waits for what is to end when something is closed: for a while, and with the name of what does not.
///
/// What such a thread works in is not freed: it may wake up there.
public final class LastWait {
    public static final Duration PATIENCE = Duration.ofSeconds(10);

    private LastWait() {}

    /// @throws IllegalStateException if the thread goes on
    public static void forEndOf(Thread thread) {
        forEndOf(thread, PATIENCE);
    }

    public static void forEndOf(Thread thread, Duration patience) {
        try {
            if (!thread.join(patience)) {
                throw late(thread.getName(), patience);
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    public static IllegalStateException late(String name, Duration patience) {
        return new IllegalStateException(
                name + " has not ended within " + patience.toSeconds() + " s; its memory is not freed");
    }
}
