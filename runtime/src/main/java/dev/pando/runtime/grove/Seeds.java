package dev.pando.runtime.grove;

import dev.pando.actors.Stopwatch;
import dev.pando.runtime.settings.UserError;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// Finds the actor systems of the nodes that a new one is told to join: people know nodes by their control ports.
public final class Seeds {
    private static final double PATIENCE_SECONDS = 60; // nodes that are started together are not there at once
    private static final int ANSWER_MS = 5_000;
    private static final long BETWEEN_MS = 200;

    private Seeds() {}

    /// Asks them one after the other until one answers.
    ///
    /// @param nodes `host:port` each
    /// @param over ends the search
    public static List<String> of(List<String> nodes, Stopwatch stopwatch, CountDownLatch over) {
        if (nodes.isEmpty()) {
            return List.of();
        }
        long begin = stopwatch.nanos();
        while (true) {
            String reason = "";
            for (String node : nodes) {
                try {
                    return List.of(Caller.one(node, Talk.ask("where"), "where", ANSWER_MS).asText());
                } catch (Caller.Unanswered silent) {
                    reason = silent.getMessage();
                }
            }
            if (stopwatch.secondsSince(begin) > PATIENCE_SECONDS || hurried(over)) {
                throw new UserError(reason + "; see that a node runs there, and --join it");
            }
        }
    }

    private static boolean hurried(CountDownLatch over) {
        try {
            return over.await(BETWEEN_MS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return true;
        }
    }
}
