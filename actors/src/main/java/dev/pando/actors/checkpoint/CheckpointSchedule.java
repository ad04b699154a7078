package dev.pando.actors.checkpoint;

import java.util.HashSet;
import java.util.Set;

/// Keeps account of a job's checkpoints: what is durable, what is under way, whether one is due.
///
/// One snapshot at a time, so that one copy of the state is all the memory it takes. Training waits for none: while one
/// is written another that falls due is not taken, and as soon as that one is durable, the state of that moment is,
/// which supersedes all those that were due meanwhile.
public final class CheckpointSchedule {
    private sealed interface Snapshot {}

    private record None() implements Snapshot {}

    private record Asked(String worker, long step) implements Snapshot {}

    private record Writing(long step) implements Snapshot {}

    private final CheckpointInterval interval;
    private Snapshot snapshot = new None();
    private long durable;
    private long tried;
    private long answered; // the step of the checkpoint of which a writer spoke last
    private final Set<Long> told = new HashSet<>(); // steps whose checkpoints are known to be durable
    private double stallSeconds;

    public CheckpointSchedule(CheckpointInterval interval) {
        this.interval = interval;
    }

    /// Whether a snapshot of the state after this many steps should be taken now.
    public boolean isDue(long position) {
        return interval.isDue(position, Math.max(durable, tried)) && snapshot instanceof None;
    }

    /// A step is committed that took so long.
    public void stepped(double seconds) {
        interval.stepped(seconds, !isIdle());
    }

    public boolean isIdle() {
        return snapshot instanceof None;
    }

    public boolean isDurable(long position) {
        return durable == position;
    }

    /// The newest step of which a checkpoint is known to be durable; 0 before the first.
    public long durable() {
        return durable;
    }

    /// What is durable, for a person.
    public String spoken() {
        return durable == 0
                ? "no checkpoint of this job is durable"
                : "the newest that is durable is that of step " + durable;
    }

    /// Whether this worker was asked for a snapshot and has not taken it yet.
    public boolean isAwaiting(String worker) {
        return snapshot instanceof Asked(String asked, long step) && asked.equals(worker);
    }

    public void asked(String worker, long position) {
        snapshot = new Asked(worker, position);
        tried = position;
    }

    /// The copy is taken: from here on it does not need the worker any more.
    ///
    /// The writer's answer may have been faster than this; and the worker may be lost by now, and its copy be written
    /// all the same.
    public void taken(long step, double stallSeconds) {
        this.stallSeconds = stallSeconds;
        boolean isAnswer = snapshot instanceof Asked asked && asked.step() == step;
        boolean isOfALostWorker = snapshot instanceof None && step > durable && step != answered;
        if (isAnswer || isOfALostWorker) {
            snapshot = new Writing(step);
        }
    }

    public void lost(String worker) {
        interval.failed();
        left(worker);
    }

    /// The worker takes part no longer, and nothing has failed.
    public void left(String worker) {
        if (isAwaiting(worker)) {
            snapshot = new None();
            tried = durable;
        }
    }

    /// @param seconds that writing took
    /// @return whether that is news: where a worker was given up and wrote its copy all the same, two are written
    public boolean durable(long step, double seconds) {
        interval.measured(stallSeconds, seconds);
        durable = Math.max(durable, step);
        settle(step);
        return told.add(step);
    }

    public void notWritten(long step) {
        settle(step);
    }

    /// The writer is gone and will never report.
    public void writerIsGone() {
        if (snapshot instanceof Writing) {
            snapshot = new None();
            tried = durable;
        }
    }

    /// An answer about a snapshot of a worker that was lost since says nothing about the one in hand.
    private void settle(long step) {
        answered = step;
        boolean inHand =
                switch (snapshot) {
                    case None() -> false;
                    case Asked asked -> asked.step() == step;
                    case Writing writing -> writing.step() <= step; // an older one is not needed any more
                };
        if (inHand) {
            snapshot = new None();
        }
    }

    /// The job goes on from a checkpoint.
    public void wentBackTo(long step) {
        durable = step;
        tried = step;
        answered = step;
        told.removeIf(later -> later > step);
        told.add(step);
    }
}
