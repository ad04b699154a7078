package dev.pando.actors.stage;

import dev.pando.actors.checkpoint.CheckpointWriter;
import dev.pando.actors.job.DeviceThread;
import dev.pando.actors.job.JobSpec;
import dev.pando.actors.job.MomentPlacement;
import dev.pando.actors.job.ReplicaFactory;
import dev.pando.actors.job.Stopwatch;
import dev.pando.actors.job.Wire;
import dev.pando.training.step.Collective.Membership;
import dev.pando.training.step.LossHistory;
import dev.pando.training.step.Trainer.ShardLoss;
import dev.pando.training.step.TrainerState;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/// One stage of one replica of a job: computes batch shards on its device, takes part in the sum, votes, and applies.
///
/// It decides nothing. Whatever of a step it has computed it keeps until the step is committed or dropped, through any
/// number of epochs, and says so again at the start of each.
///
/// Its states lie in [StageStart] and [StageReady]. What it does about its orders lies in [StageStep], for the step in
/// flight, in [StateTransfers] and in [StageSnapshots]; what all of them need, in [StageContext].
public final class PipelineStage {
    public sealed interface Command
            permits Serve,
                    EnterEpoch,
                    Compute,
                    Reduce,
                    Apply,
                    Skip,
                    Drop,
                    SendState,
                    ReceiveState,
                    LoadCheckpoint,
                    TakeSnapshot,
                    OptimizerOrder,
                    Digest,
                    Built,
                    Copied,
                    Finished,
                    Failed,
                    Tick {}

    /// From now on this supervisor alone counts. Answered by [StageReport.Arrived], or by [StageReport.Building].
    public record Serve(Leader leader) implements Command {}

    /// From now on this epoch alone counts. Answered by [StageReport.Computed] for all that is held of the step.
    public record EnterEpoch(long step, Membership membership) implements Command, Wire {}

    /// Compute these batch shards too. Each is answered by [StageReport.Computed].
    public record Compute(long step, long epoch, List<Integer> shards) implements Command, Wire {
        public Compute {
            shards = List.copyOf(shards);
        }
    }

    /// Take part in the sum over all batch shards. Answered by [StageReport.Voted] or [StageReport.PeerFailed].
    ///
    /// @param total over all batch shards
    /// @param patienceNs after which a silent neighbour is named
    public record Reduce(long step, long epoch, ShardLoss total, long patienceNs) implements Command, Wire {}

    /// The step is committed. Answered by [StageReport.Applied].
    public record Apply(long step, long epoch, ShardLoss total) implements Command, Wire {}

    /// The step is committed without its data. Answered by [StageReport.Applied].
    public record Skip(long step, long epoch) implements Command, Wire {}

    /// Forget what was computed of the step.
    public record Drop(long step, long epoch) implements Command, Wire {}

    /// Send weights and moments as they are after so many steps to a newcomer.
    public record SendState(long epoch, long operation, String to, long step, long patienceNs)
            implements Command, Wire {}

    /// Receive weights and moments as they are after so many steps. Answered by [StageReport.Ready].
    public record ReceiveState(long epoch, long operation, String from, long step, LossHistory history, long patienceNs)
            implements Command, Wire {}

    /// Take the state from a checkpoint. Answered by [StageReport.Ready].
    public record LoadCheckpoint(long epoch, CheckpointWriter.Checkpoint checkpoint) implements Command, Wire {}

    /// Copy the state and have it written. Answered by [StageReport.SnapshotTaken], later by the writer.
    public record TakeSnapshot(long epoch, long step) implements Command, Wire {}

    /// There are these only where optimizer state is sharded.
    sealed interface OptimizerOrder extends Command permits Update, Regroup, Keep, Collect {
        long epoch();
    }

    /// The step is committed: apply it to the spans that are held here, or skip it, unless that has been done, and get
    /// the weights of the others. Answered by [StageReport.Applied] where it was done now, and by [StageReport.Ready].
    ///
    /// @param total over all batch shards; empty where the step is skipped
    /// @param placement of all who take part
    /// @param operation number of the first transfer; the others count down from there
    public record Update(
            long step,
            long epoch,
            Optional<ShardLoss> total,
            MomentPlacement placement,
            long operation,
            long patienceNs)
            implements OptimizerOrder, Wire {}

    /// Copy moments so that everybody holds what he should, besides what he holds; and all weights to newcomers.
    /// Answered by [StageReport.Ready].
    ///
    /// @param step committed steps of the state
    /// @param history of these steps
    /// @param from who holds what, and no more than that
    /// @param to who is to hold what
    /// @param donors who have all weights
    /// @param newcomers who hold nothing
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

    /// Give away the moments of all spans but these.
    public record Keep(long epoch, SortedSet<Integer> spans) implements OptimizerOrder, Wire {
        public Keep {
            spans = new TreeSet<>(spans);
        }
    }

    /// Send moments to one worker, which puts the whole state together. That one answers by
    /// [StageReport.SnapshotTaken], and has it written, or by [CheckpointWriter.NotWritten]; where it is not to be
    /// written, by [StageReport.Hashed].
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

    /// Say what the state's bits are; those of the weights, where optimizer state is sharded. Answered by
    /// [StageReport.Digested].
    public record Digest(long step) implements Command, Wire {}

    /// The replica is there.
    record Built(StageWork work) implements Command {}

    /// The state is copied: it may change again.
    ///
    /// @param incarnation of the supervisor that asked for it
    record Copied(TrainerState copy, long incarnation) implements Command {}

    /// Something that ran on the device's thread is done; the actor's thread goes on from there.
    record Finished(Runnable next) implements Command {}

    record Failed(String what, Throwable cause) implements Command {}

    record Tick() implements Command {}

    static final Duration TICK = Duration.ofMillis(100); // several to the shortest patience of a supervisor

    private static final int STASHED_AT_MOST = 1_000;

    private PipelineStage() {}

    public static Behavior<Command> create(
            JobSpec job,
            String name,
            DeviceThread device,
            ActorRef<GpuWorker.Command> worker,
            ReplicaFactory workbench,
            Leader leader,
            ActorRef<CheckpointWriter.Command> writer,
            Stopwatch stopwatch,
            DeviceThread.Factory factory) {
        return Behaviors.setup(context ->
                Behaviors.withTimers(timers ->
                        Behaviors.withStash(
                                STASHED_AT_MOST,
                                stash -> {
                                    timers.startTimerWithFixedDelay(new Tick(), TICK);
                                    StageContext stage =
                                            new StageContext(
                                                    context, job, name, device, worker, leader, writer, stopwatch,
                                                    factory, stash);
                                    return new StageStart(stage, workbench).build();
                                })));
    }
}
