package dev.pando.actors.supervisor;

import dev.pando.actors.checkpoint.CheckpointWriter;
import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.JobEvent.Rung;
import dev.pando.actors.stage.GpuWorker;
import dev.pando.actors.stage.PipelineStage;
import dev.pando.actors.stage.StageReport.Arrived;
import dev.pando.actors.stage.StageReport.Ready;
import dev.pando.actors.stage.StageReport.SnapshotTaken;
import dev.pando.training.step.LossHistory;
import java.util.List;

/// Brings a job whose state no worker holds back to its newest checkpoint, or to its start.
final class Recovery {
    private final JobContext job;
    private final StatePolicy policy;

    Recovery(JobContext job, StatePolicy policy) {
        this.job = job;
        this.policy = policy;
    }

    Next recover() {
        return policy.mayRecover() ? lookingForTheNewest() : new Next.Enter(cutOff());
    }

    /// A checkpoint that is being written is waited for: it is the newest, and the job must not continue from an older
    /// one while it appears.
    private Next lookingForTheNewest() {
        if (!job.checkpoints.schedule().isIdle()) {
            return new Next.Enter(new AwaitingWriter("awaitingWriter", job, new Next.Recover()));
        }
        job.audience.tell(
                new JobEvent.RungTried(Rung.LOAD_CHECKPOINT, job.progress.position(), "the newest valid checkpoint"));
        job.writer.tell(new CheckpointWriter.FindNewest(job.spec, job.self.checkpoints()));
        return new Next.Enter(recovering(job.checkpoints.schedule().durable()));
    }

    /// @param durable step of the checkpoint that was the newest when the writer was asked
    private Phase recovering(long durable) {
        return new Phase("recovering", job, PendingReplies.none()) {
            @Override
            Next found(CheckpointWriter.Found found) {
                if (isOvertaken(durable)) {
                    return lookingForTheNewest();
                }
                found.checkpoint().ifPresentOrElse(job::goBackTo, () -> goBackToStart(found.damaged()));
                return found.checkpoint().isPresent() ? new Next.Load(found) : new Next.Decide();
            }
        };
    }

    /// A worker that is lost may write its copy all the same: a newer checkpoint is durable by now, or about to be.
    private boolean isOvertaken(long newest) {
        return !job.checkpoints.schedule().isIdle() || job.checkpoints.schedule().durable() > newest;
    }

    /// The holders of the missing moments may continue on the other side of a partition: this supervisor waits until
    /// the cluster has decided.
    private Phase cutOff() {
        return new Phase("cutOff", job, PendingReplies.none()) {
            @Override
            Next tick() {
                return policy.mayRecover() ? new Next.Recover() : stay();
            }
        };
    }

    private void goBackToStart(List<String> damaged) {
        job.goBackTo(0, LossHistory.EMPTY);
        job.audience.tell(new JobEvent.StateLoaded(0, "the initial weights", damaged));
    }

    /// Fresh replicas hold the initial weights.
    Next rebuild() {
        for (WorkerRegistry.Entry entry : job.registry.entries()) {
            job.registry.leave(entry.worker());
            entry.device()
                    .tell(new GpuWorker.Abandon(job.spec.id(), job.leadership.incarnation(), "the job starts again"));
        }
        return new Next.Enter(waitingForWorkers(new Next.Decide()));
    }

    Next load(CheckpointWriter.Found found) {
        if (job.registry.entries().isEmpty()) {
            return new Next.Enter(waitingForWorkers(new Next.Load(found)));
        }
        CheckpointWriter.Checkpoint checkpoint = found.checkpoint().orElseThrow();
        String first = job.registry.newcomers().getFirst();
        job.group.openEpoch(job.progress.position(), "loading checkpoint " + checkpoint.id(), List.of(first));
        job.group.ask(first, new PipelineStage.LoadCheckpoint(job.group.epoch(), checkpoint));
        return new Next.Enter(loading(found, checkpoint, first));
    }

    private Phase loading(CheckpointWriter.Found found, CheckpointWriter.Checkpoint checkpoint, String first) {
        return new Phase("loading", job, new PendingReplies(() -> List.of(first), PendingReplies.WHOLE_STATE)) {
            @Override
            Next lost(String worker) {
                return worker.equals(first) ? new Next.Load(found) : stay();
            }

            @Override
            Next ready(Ready ready) {
                if (ready.epoch() != job.group.epoch()) {
                    return stay();
                }
                if (isOvertaken(checkpoint.step())) {
                    return new Next.Recover();
                }
                job.group.joined(first, job.progress.position());
                job.holdings.loaded(first);
                job.audience.tell(new JobEvent.StateLoaded(job.progress.position(), checkpoint.id(), found.damaged()));
                return new Next.Decide();
            }

            @Override
            Next snapshotTaken(SnapshotTaken taken) {
                job.checkpoints.taken(taken);
                return stay();
            }

            @Override
            Next durable(CheckpointWriter.Durable written) {
                job.checkpoints.published(written);
                return stay();
            }
        };
    }

    private Phase waitingForWorkers(Next then) {
        return new Phase("waitingForWorkers", job, PendingReplies.none()) {
            @Override
            Next arrived(Arrived arrived, boolean isSeated) {
                if (isSeated) {
                    job.welcome(arrived);
                }
                return then;
            }
        };
    }
}
