package dev.pando.actors.stage;

import dev.pando.actors.checkpoint.CheckpointWriter;
import dev.pando.actors.job.MomentPlacement;
import dev.pando.actors.job.Wire;
import dev.pando.training.step.Collective.Membership;
import dev.pando.training.step.Collective.Outcome;
import dev.pando.training.step.LossHistory;
import dev.pando.training.step.Trainer.Examined;
import dev.pando.training.step.Trainer.ShardLoss;
import dev.pando.training.step.TrainerState;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/// One stage of one replica of a job: computes batch shards on its device, takes part in the sum, votes, and applies.
///
/// It decides nothing. What it has computed of a step it keeps until the step is committed or dropped, through any
/// number of epochs, and reports it again at the start of each.
///
/// Here is what the actor receives; its states lie in [StageStart] and [StageReady].
public final class PipelineStage {
    public sealed interface Command permits Serve, EnterEpoch, Order, Digest, Built, Copied, Result, Failed, Tick {}

    /// An order of one epoch; it is dropped once that epoch is over.
    public sealed interface Order extends Command permits Compute, Reduce, Drop, SendState, Change {
        long epoch();
    }

    /// An order that changes the state or copies it: it waits for the copy that is under way.
    public sealed interface Change extends Order
            permits Apply, Skip, ReceiveState, LoadCheckpoint, TakeSnapshot, OptimizerOrder {}

    /// From now on only this supervisor counts. Answered by [StageReport.Arrived], or by [StageReport.Building].
    public record Serve(GpuWorker.Leader leader) implements Command {}

    /// From now on only this epoch counts. Answered by [StageReport.Computed] for all that is held of the step.
    public record EnterEpoch(long step, Membership membership) implements Command, Wire {}

    /// Compute these batch shards too. Each is answered by [StageReport.Computed].
    public record Compute(long step, long epoch, List<Integer> shards) implements Order, Wire {
        public Compute {
            shards = List.copyOf(shards);
        }
    }

    /// Take part in the sum over all batch shards. Answered by [StageReport.Voted] or [StageReport.PeerFailed].
    ///
    /// @param total over all batch shards
    /// @param patienceNs after which a silent neighbour is named
    public record Reduce(long step, long epoch, ShardLoss total, long patienceNs) implements Order, Wire {}

    /// The step is committed. Answered by [StageReport.Applied].
    public record Apply(long step, long epoch, ShardLoss total) implements Change, Wire {}

    /// The step is committed without its data. Answered by [StageReport.Applied].
    public record Skip(long step, long epoch) implements Change, Wire {}

    /// Forget what was computed of the step.
    public record Drop(long step, long epoch) implements Order, Wire {}

    /// Send weights and moments as they are after this many steps to a newcomer.
    public record SendState(long epoch, long operation, String to, long step, long patienceNs) implements Order, Wire {}

    /// Receive weights and moments as they are after this many steps. Answered by [StageReport.Ready].
    public record ReceiveState(long epoch, long operation, String from, long step, LossHistory history, long patienceNs)
            implements Change, Wire {}

    /// Take the state from a checkpoint. Answered by [StageReport.Ready].
    public record LoadCheckpoint(long epoch, CheckpointWriter.Checkpoint checkpoint) implements Change, Wire {}

    /// Copy the state and have it written. Answered by [StageReport.SnapshotTaken], later by the writer.
    public record TakeSnapshot(long epoch, long step) implements Change, Wire {}

    /// Given only where optimizer state is sharded.
    public sealed interface OptimizerOrder extends Change permits Update, Regroup, Keep, Collect {}

    /// The step is committed: apply it to the spans that are held here, or skip it, unless that has been done, and get
    /// the weights of the others. Answered by [StageReport.Applied] where it was done now, and by [StageReport.Ready].
    ///
    /// @param total over all batch shards; empty where the step is skipped
    /// @param placement of all workers that take part
    /// @param operation number of the first transfer; the others count down from there
    public record Update(
            long step,
            long epoch,
            Optional<ShardLoss> total,
            MomentPlacement placement,
            long operation,
            long patienceNs)
            implements OptimizerOrder, Wire {}

    /// Copy moments so that each worker holds what it should, besides what it holds; and all weights to newcomers.
    /// Answered by [StageReport.Ready].
    ///
    /// @param step committed steps of the state
    /// @param history of these steps
    /// @param from the current holders; what else a worker holds does not count
    /// @param to the holders afterwards
    /// @param donors workers that have all weights
    /// @param newcomers workers that hold nothing
    /// @param operation number of the first transfer; the others count down from there
    public record Regroup(
            long step,
            long epoch,
            LossHistory history,
            MomentPlacement from,
            MomentPlacement to,
            List<String> donors,
            List<String> newcomers,
            long operation,
            long patienceNs)
            implements OptimizerOrder, Wire {
        public Regroup {
            donors = List.copyOf(donors);
            newcomers = List.copyOf(newcomers);
        }
    }

    /// Release the moments of all spans but these.
    public record Keep(long epoch, SortedSet<Integer> spans) implements OptimizerOrder, Wire {
        public Keep {
            spans = new TreeSet<>(spans);
        }
    }

    /// Send moments to one worker, which gathers the whole state. That one answers by [StageReport.SnapshotTaken], and
    /// has it written, or by [CheckpointWriter.NotWritten]; where it is not to be written, by [StageReport.Hashed].
    ///
    /// @param step committed steps of the state
    /// @param written whether it becomes a checkpoint
    /// @param operation number of the first transfer; the others count down from there
    public record Collect(
            long step,
            long epoch,
            String collector,
            boolean written,
            MomentPlacement placement,
            long operation,
            long patienceNs)
            implements OptimizerOrder, Wire {}

    /// Hash the state; only the weights, where optimizer state is sharded. Answered by [StageReport.Digested].
    public record Digest(long step) implements Command, Wire {}

    /// The replica is built.
    record Built(StageReplica replica) implements Command {}

    /// The state is copied: it may change again.
    ///
    /// @param incarnation of the supervisor that asked for it
    record Copied(TrainerState copy, long incarnation) implements Command {}

    /// What one of the stage's threads has done.
    sealed interface Result extends Command
            permits ShardComputed,
                    SumReduced,
                    StepApplied,
                    StateSent,
                    StateReceived,
                    CheckpointLoaded,
                    CopyReady,
                    Hashed,
                    Updated,
                    Regrouped,
                    Kept,
                    Collected {}

    record ShardComputed(StageRecord.Task task, ShardLoss loss, double seconds) implements Result {}

    /// @param examined meaningful where the outcome is done
    record SumReduced(Reduce order, Outcome outcome, Examined examined) implements Result {}

    record StepApplied(long epoch, StageRecord.Applied applied) implements Result {}

    record StateSent(SendState order, Outcome outcome) implements Result {}

    record StateReceived(ReceiveState order, Outcome outcome) implements Result {}

    record CheckpointLoaded(LoadCheckpoint order) implements Result {}

    /// Another thread may copy the state now.
    ///
    /// @param incarnation of the supervisor that asked for it
    record CopyReady(DeviceReplica.Copying copying, long incarnation) implements Result {}

    record Hashed(Digest order, String hash) implements Result {}

    /// @param applied empty where the step had been applied before
    record Updated(Update order, Optional<StageRecord.Applied> applied, Outcome outcome) implements Result {}

    record Regrouped(Regroup order, Outcome outcome) implements Result {}

    record Kept(Keep order) implements Result {}

    /// @param state where it is to be written
    /// @param hash where that was asked for
    /// @param sinceNs when it was ordered
    record Collected(Collect order, Outcome outcome, Optional<TrainerState> state, String hash, long sinceNs)
            implements Result {}

    record Failed(String what, Throwable cause) implements Command {}

    record Tick() implements Command {}

    /// Time between two signs of life: several fit into the shortest timeout of a supervisor.
    static final Duration TICK = Duration.ofMillis(100);

    private PipelineStage() {}
}
