package dev.pando.actors;

/// Keeps account of a job's checkpoints: what is durable, what is under way, whether one is due.
///
/// One snapshot at a time: one that falls due while another is being written is taken as soon as that one is durable.
final class Checkpoints {
    private sealed interface Snapshot {}

    private record None() implements Snapshot {}

    private record Asked(String worker, long step) implements Snapshot {}

    private record Writing(long step) implements Snapshot {}

    private final long everySteps;
    private Snapshot snapshot = new None();
    private long durable;
    private long tried;

    Checkpoints(long everySteps) {
        this.everySteps = everySteps;
    }

    /// Whether a snapshot of the state after so many steps should be taken now.
    boolean isDue(long position) {
        boolean passedAMark = position / everySteps > Math.max(durable, tried) / everySteps;
        return passedAMark && snapshot instanceof None;
    }

    boolean isIdle() {
        return snapshot instanceof None;
    }

    boolean isDurable(long position) {
        return durable == position;
    }

    /// Whether this worker was asked for a snapshot and has not taken it yet.
    boolean isAwaiting(String worker) {
        return snapshot instanceof Asked(String asked, long step) && asked.equals(worker);
    }

    void asked(String worker, long position) {
        snapshot = new Asked(worker, position);
        tried = position;
    }

    /// The copy is taken: from here on it does not need the worker any more.
    ///
    /// The writer's answer may have been faster than this.
    void taken(long step) {
        if (snapshot instanceof Asked asked && asked.step() == step) {
            snapshot = new Writing(step);
        }
    }

    void lost(String worker) {
        if (isAwaiting(worker)) {
            snapshot = new None();
            tried = durable;
        }
    }

    void durable(long step) {
        durable = Math.max(durable, step);
        settle(step);
    }

    void notWritten(long step) {
        settle(step);
    }

    /// An answer about a snapshot of a worker that was lost since says nothing about the one in hand.
    private void settle(long step) {
        boolean inHand =
                switch (snapshot) {
                    case None() -> false;
                    case Asked asked -> asked.step() == step;
                    case Writing writing -> writing.step() == step;
                };
        if (inHand) {
            snapshot = new None();
        }
    }

    /// The job goes on from a checkpoint.
    void wentBackTo(long step) {
        durable = step;
        tried = step;
    }
}
