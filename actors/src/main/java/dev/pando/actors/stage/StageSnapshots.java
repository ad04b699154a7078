package dev.pando.actors.stage;

import dev.pando.actors.checkpoint.CheckpointWriter;
import dev.pando.actors.job.DeviceThread;
import dev.pando.actors.job.Epoch;
import dev.pando.actors.stage.PipelineStage.Copied;
import dev.pando.actors.stage.PipelineStage.CopyReady;
import dev.pando.actors.stage.PipelineStage.Failed;
import dev.pando.actors.stage.PipelineStage.TakeSnapshot;
import java.util.Optional;

/// Copies a stage's state on a thread that is the stage's alone, so that the next step is computed meanwhile, and has
/// it written.
final class StageSnapshots {
    private final StageContext stage;
    private final DeviceReplica device;
    private Optional<DeviceThread> copier = Optional.empty();
    private boolean copying;

    StageSnapshots(StageContext stage, StageReplica replica) {
        this.stage = stage;
        this.device = replica.device();
    }

    /// While a copy is asked for or under way the state must not change.
    boolean isCopying() {
        return copying;
    }

    void take(TakeSnapshot order) {
        copying = true;
        long incarnation = Epoch.incarnation(order.epoch());
        stage.onDevice(
                "taking a snapshot", () -> new CopyReady(device.snapshot(order.step(), incarnation), incarnation));
    }

    void copy(CopyReady ready) {
        DeviceThread thread = copier.orElseGet(() -> stage.factory.start("snapshot-" + stage.name));
        copier = Optional.of(thread);
        stage.actor.pipeToSelf(
                thread.submit(ready.copying()::run),
                (copy, failure) ->
                        failure == null
                                ? new Copied(copy, ready.incarnation())
                                : new Failed("copying the state", failure));
    }

    /// A copy that an earlier supervisor asked for is dropped: the current one asks when a checkpoint is due.
    void copied(Copied copied, double stallSeconds) {
        copying = false;
        if (copied.incarnation() == stage.incarnation()) {
            stage.supervisor()
                    .tell(new StageReport.SnapshotTaken(stage.name, copied.copy().step(), stallSeconds, stage.writer));
            stage.writer.tell(new CheckpointWriter.Write(stage.job, copied.copy(), stage.checkpointReports()));
        }
    }

    /// The stage is over.
    void abandon() {
        copier.ifPresent(DeviceThread::abandon);
    }
}
