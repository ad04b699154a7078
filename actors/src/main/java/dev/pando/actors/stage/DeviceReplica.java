package dev.pando.actors.stage;

import dev.pando.actors.checkpoint.CheckpointWriter;
import dev.pando.actors.job.StageFailure;
import dev.pando.training.step.CheckpointStore;
import dev.pando.training.step.Collective.Outcome;
import dev.pando.training.step.LossHistory;
import dev.pando.training.step.SnapshotBuffer;
import dev.pando.training.step.StateHash;
import dev.pando.training.step.Trainer;
import dev.pando.training.step.Trainer.Examined;
import dev.pando.training.step.Trainer.ShardLoss;
import dev.pando.training.step.TrainerState;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/// A replica of the model on a device: its weights and moments, and what is computed with them.
///
/// Belongs to the device's thread.
final class DeviceReplica {
    /// A copy to be made of the state by another thread, while the device's computes with the original.
    static final class Copying {
        private final SnapshotBuffer buffer;
        private final TrainerState state;
        private boolean over;

        private Copying(SnapshotBuffer buffer, TrainerState state) {
            this.buffer = buffer;
            this.state = state;
        }

        synchronized TrainerState run() {
            if (over) {
                throw new StageFailure("the state of step " + state.step() + " was gone before it was copied");
            }
            return buffer.capture(state);
        }

        /// The state's memory goes; a copy that is being made is waited for.
        private synchronized void end() {
            over = true;
        }
    }

    private final Trainer trainer;
    private final PartialSums partials;
    private final CheckpointStore checkpoints;
    private final Optional<OptimizerShardStore> shards;

    /// A new buffer with every state that comes from elsewhere: the job has continued without this replica, and its
    /// supervisor knows nothing of a snapshot that may still be on its way to the disk.
    private Optional<SnapshotBuffer> snapshots = Optional.empty();

    private long snapshotsFor; // incarnation of a supervisor
    private Optional<Copying> lastCopy = Optional.empty();

    /// @param shards of the optimizer state; empty where it is whole
    DeviceReplica(
            Trainer trainer, PartialSums partials, CheckpointStore checkpoints, Optional<OptimizerShardStore> shards) {
        this.trainer = trainer;
        this.partials = partials;
        this.checkpoints = checkpoints;
        this.shards = shards;
    }

    // ---- a step ----------------------------------------------------------------------------------------------------

    ShardLoss computeShard(StageRecord.Task task) {
        if (trainer.step() != task.step()) {
            throw new StageFailure(
                    "asked for step " + task.step() + " while holding the state of step " + trainer.step());
        }
        return partials.compute(trainer, task);
    }

    /// What all make of the sum.
    Examined examine(ShardLoss total) {
        return trainer.examine(partials.sum(), total);
    }

    StageRecord.Applied apply(long committed, ShardLoss total) {
        requireState(committed);
        return new StageRecord.Applied(trainer.apply(partials.sum(), total), trainer.history());
    }

    StageRecord.Applied skip(long committed) {
        requireState(committed);
        return new StageRecord.Applied(trainer.skip(), trainer.history());
    }

    void requireState(long committed) {
        if (trainer.step() != committed) {
            throw new StageFailure(
                    "asked to apply step " + committed + " while holding the state of step " + trainer.step());
        }
    }

    boolean isApplied(long committed) {
        return trainer.step() == committed + 1;
    }

    // ---- the whole state -------------------------------------------------------------------------------------------

    /// A state whose last step was not applied, since the device threw there, must not go anywhere.
    List<MemorySegment> stateToSend(long expected) {
        if (trainer.step() != expected) {
            throw new StageFailure(
                    "asked to send the state of step " + expected + " while holding that of " + trainer.step());
        }
        return data(trainer.state());
    }

    /// Where a state goes that is received.
    List<MemorySegment> stateToFill() {
        return data(trainer.state());
    }

    /// The whole state was received.
    Outcome filled(long steps, LossHistory history) {
        snapshots = Optional.empty();
        restored(steps, history);
        return new Outcome.Done();
    }

    /// The weights, and moments, are those after this many steps.
    void restored(long steps, LossHistory history) {
        trainer.restored(steps, history);
    }

    private static List<MemorySegment> data(TrainerState state) {
        return state.spans().stream().map(TrainerState.Span::data).toList();
    }

    void load(CheckpointWriter.Checkpoint checkpoint) {
        CheckpointStore.Saved saved =
                checkpoints.list().stream()
                        .filter(candidate -> candidate.id().equals(checkpoint.id()))
                        .findFirst()
                        .orElseThrow(() -> new StageFailure("checkpoint " + checkpoint.id() + " is gone"));
        snapshots = Optional.empty();
        shards.ifPresentOrElse(
                sharded -> sharded.load(checkpoints, saved), () -> checkpoints.load(saved, trainer.state().spans()));
        restored(saved.step(), saved.history());
    }

    /// @param incarnation of the supervisor that asks. A snapshot for the previous one may still be on its way to the
    ///   disk, of which this supervisor knows nothing, and is not written over.
    Copying snapshot(long expected, long incarnation) {
        if (trainer.step() != expected) {
            throw new StageFailure("asked for a snapshot of step " + expected + " at step " + trainer.step());
        }
        if (snapshots.isEmpty() || snapshotsFor != incarnation) {
            snapshots = Optional.of(new SnapshotBuffer(trainer.state().spans()));
            snapshotsFor = incarnation;
        }
        // The writer is done with it before the same supervisor asks for the next.
        Copying copying = new Copying(snapshots.orElseThrow(), trainer.state());
        lastCopy = Optional.of(copying);
        return copying;
    }

    String digest(long expected) {
        if (trainer.step() != expected) {
            throw new StageFailure("asked for the hash of step " + expected + " at step " + trainer.step());
        }
        return shards.map(OptimizerShardStore::weightsHash).orElseGet(() -> StateHash.of(trainer.state()));
    }

    void close() {
        lastCopy.ifPresent(Copying::end);
        trainer.close();
    }
}
