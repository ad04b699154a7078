package dev.pando.actors.supervisor;

import java.util.List;

/// Counts the newcomers that did not receive the state. They are given up sooner than the last copy of the state; but a
/// copy that serves none of them is useless.
final class Newcomers {
    private static final int UNSERVED = 5; // newcomers: together they wait as long as one waits for the last copy

    private final WorkerGroup group;
    private final JobProgress progress;
    private final WorkerFailures failures;
    private int unserved; // in a row, while one worker held the state

    Newcomers(WorkerGroup group, JobProgress progress, WorkerFailures failures) {
        this.group = group;
        this.progress = progress;
        this.failures = failures;
    }

    /// The newcomer has received the state.
    void served(String newcomer) {
        unserved = 0;
        group.joined(newcomer, progress.position());
    }

    /// A worker was lost while newcomers were to receive the state.
    void without(String lost) {
        List<String> holders = group.holders();
        if (!holders.equals(List.of(lost)) && holders.size() == 1 && ++unserved >= UNSERVED) {
            unserved = 0;
            failures.lose(holders.getFirst(), UNSERVED + " newcomers in a row timed out waiting for its state");
        }
    }
}
