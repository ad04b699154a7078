package dev.pando.actors.supervisor;

import dev.pando.actors.checkpoint.CheckpointSchedule;
import dev.pando.actors.checkpoint.CheckpointWriter;
import dev.pando.actors.job.JobEvent;
import dev.pando.actors.stage.PipelineStage;
import dev.pando.actors.stage.StageReport.SnapshotTaken;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.ActorRef;

/// The checkpoints of one job: asks for copies of the state, and tells what became of them.
final class JobCheckpoints {
    private final CheckpointSchedule schedule;
    private final WorkerGroup group;
    private final JobProgress progress;
    private final ActorRef<JobEvent> audience;
    private final Consumer<ActorRef<?>> watch;
    private Optional<ActorRef<CheckpointWriter.Command>> writing = Optional.empty(); // the writer of the last copy

    JobCheckpoints(
            CheckpointSchedule schedule,
            WorkerGroup group,
            JobProgress progress,
            ActorRef<JobEvent> audience,
            Consumer<ActorRef<?>> watch) {
        this.schedule = schedule;
        this.group = group;
        this.progress = progress;
        this.audience = audience;
        this.watch = watch;
    }

    CheckpointSchedule schedule() {
        return schedule;
    }

    /// Asks one worker for a copy of the whole state, unless a checkpoint is under way.
    void takeSnapshot() {
        if (schedule.isIdle()) {
            String worker = group.holders().getFirst();
            schedule.asked(worker, progress.position());
            group.ask(worker, new PipelineStage.TakeSnapshot(group.epoch(), progress.position()));
        }
    }

    /// Whether the job has reached this step. A worker that was lost before the job went back may still write the state
    /// of a later step, which must not count.
    boolean isOfOurs(long step) {
        return step <= progress.position();
    }

    void taken(SnapshotTaken taken) {
        schedule.taken(taken.step(), taken.stallSeconds());
        writing = Optional.of(taken.writer());
        watch.accept(taken.writer());
        audience.tell(new JobEvent.SnapshotTaken(taken.step(), taken.stallSeconds()));
    }

    /// Whether the last copy was given to this actor.
    boolean areWrittenBy(ActorRef<?> actor) {
        return writing.filter(writer -> writer.path().equals(actor.path())).isPresent();
    }

    void published(CheckpointWriter.Durable written) {
        if (schedule.durable(written.step(), written.seconds())) {
            audience.tell(
                    new JobEvent.CheckpointDurable(
                            written.step(), written.checkpoint(), written.bytes(), written.seconds()));
        }
    }

    void notPublished(CheckpointWriter.NotWritten failed) {
        schedule.notWritten(failed.step());
        failed(failed.step(), failed.sentence());
    }

    void failed(long step, String sentence) {
        audience.tell(new JobEvent.CheckpointFailed(step, sentence));
    }
}
