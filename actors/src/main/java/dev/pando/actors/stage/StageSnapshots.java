package dev.pando.actors.stage;

import dev.pando.actors.checkpoint.CheckpointWriter;
import dev.pando.actors.job.DeviceThread;
import dev.pando.actors.job.Epoch;
import dev.pando.actors.stage.PipelineStage.Copied;
import dev.pando.actors.stage.PipelineStage.Failed;
import dev.pando.actors.stage.PipelineStage.TakeSnapshot;
import java.util.Optional;

/// Copies a stage's state on a thread of its own, so that the next step is computed meanwhile, and has it written.
final class StageSnapshots {
    private final StageContext stage;
    private final StageWork work;
    private Optional<DeviceThread> copier = Optional.empty();
    private boolean copying;

    StageSnapshots(StageContext stage, StageWork work) {
        this.stage = stage;
        this.work = work;
    }

    /// While a copy is asked for or under way the state must not change.
    boolean isCopying() {
        return copying;
    }

    void take(TakeSnapshot order) {
        copying = true;
        long incarnation = Epoch.incarnation(order.epoch());
        stage.onDevice(
                "taking a snapshot",
                () -> work.snapshot(order.step(), incarnation),
                snapshot -> copy(snapshot, incarnation));
    }

    private void copy(StageWork.Copying snapshot, long incarnation) {
        DeviceThread thread = copier.orElseGet(() -> stage.factory.start("snapshot-" + stage.name));
        copier = Optional.of(thread);
        stage.actor.pipeToSelf(
                thread.submit(snapshot::run),
                (copy, failure) ->
                        failure == null ? new Copied(copy, incarnation) : new Failed("copying the state", failure));
    }

    /// What an earlier supervisor asked for is nobody's any more: the one that leads now asks when it is due.
    void copied(Copied copied, double stallSeconds) {
        copying = false;
        if (copied.incarnation() == stage.incarnation()) {
            stage.supervisor()
                    .tell(new StageReport.SnapshotTaken(stage.name, copied.copy().step(), stallSeconds, stage.writer));
            stage.writer.tell(new CheckpointWriter.Write(stage.job, copied.copy(), stage.checkpointReports()));
        }
    }

    /// Nobody waits for a copy any more.
    void abandon() {
        copier.ifPresent(DeviceThread::abandon);
    }
}
