package dev.pando.actors.supervisor;

import dev.pando.actors.checkpoint.CheckpointWriter;
import dev.pando.actors.stage.StageReport;

/// One state of a supervisor: whose replies it waits for, and how it reacts to each message. What a state does not
/// override is what most states do; a reply that no state waits for any more is dropped.
abstract class Phase {
    final JobContext job;
    private final String name;
    private final PendingReplies pending;

    Phase(String name, JobContext job, PendingReplies pending) {
        this.name = name;
        this.job = job;
        this.pending = pending;
    }

    final String name() {
        return name;
    }

    static Next stay() {
        return new Next.Stay();
    }

    /// How the job continues without a worker that was lost.
    Next lost(String worker) {
        return stay();
    }

    final Next after(WorkerFailures.Loss loss) {
        return switch (loss) {
            case WorkerFailures.None() -> stay();
            case WorkerFailures.Lost(String worker) -> lost(worker);
            case WorkerFailures.Hopeless(String diagnosis) -> new Next.Fail(diagnosis);
        };
    }

    Next tick() {
        return after(job.failures.overdue(pending));
    }

    /// The devices that are up have been listed.
    Next listed() {
        return stay();
    }

    Next building(StageReport.Building building) {
        return stay();
    }

    Next refused(StageReport.Refused refused) {
        return stay();
    }

    /// @param isSeated whether the replica is a newcomer of this job from now on
    Next arrived(StageReport.Arrived arrived, boolean isSeated) {
        return stay();
    }

    Next computed(StageReport.Computed computed) {
        return stay();
    }

    Next voted(StageReport.Voted voted) {
        return stay();
    }

    Next applied(StageReport.Applied applied) {
        return stay();
    }

    Next ready(StageReport.Ready ready) {
        return stay();
    }

    Next peerFailed(StageReport.PeerFailed failed) {
        return after(job.failures.peerFailed(failed));
    }

    Next digested(StageReport.Digested digested) {
        return stay();
    }

    Next hashed(StageReport.Hashed hashed) {
        return stay();
    }

    Next snapshotTaken(StageReport.SnapshotTaken taken) {
        if (job.checkpoints.isOfOurs(taken.step())) {
            job.checkpoints.taken(taken);
        }
        return stay();
    }

    Next found(CheckpointWriter.Found found) {
        return stay();
    }

    Next durable(CheckpointWriter.Durable written) {
        if (job.checkpoints.isOfOurs(written.step())) {
            job.checkpoints.published(written);
        }
        return stay();
    }

    Next notWritten(CheckpointWriter.NotWritten failed) {
        job.checkpoints.notPublished(failed);
        return stay();
    }

    Next writerGone() {
        job.checkpoints.schedule().writerIsGone();
        return stay();
    }
}
