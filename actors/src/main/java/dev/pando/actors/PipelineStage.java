package dev.pando.actors;

import dev.pando.training.step.Collective.Membership;
import dev.pando.training.step.LossHistory;
import dev.pando.training.step.Trainer.ShardLoss;
import dev.pando.training.step.TrainerState;
import java.time.Duration;
import java.util.List;
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
                    Digest,
                    Built,
                    Copied,
                    Finished,
                    Failed,
                    Tick {}

    /// From now on this supervisor alone counts. Answered by [JobSupervisor.Arrived], or by [JobSupervisor.Building].
    ///
    /// @param incarnation of the supervisor, never less than that of the one before
    record Serve(long incarnation, ActorRef<JobSupervisor.Command> supervisor) implements Command {}

    /// From now on this epoch alone counts. Answered by [JobSupervisor.Computed] for all that is held of the step.
    public record EnterEpoch(long step, Membership membership) implements Command, Wire {}

    /// Compute these batch shards too. Each is answered by [JobSupervisor.Computed].
    public record Compute(long step, long epoch, List<Integer> shards) implements Command, Wire {
        public Compute {
            shards = List.copyOf(shards);
        }
    }

    /// Take part in the sum over all batch shards. Answered by [JobSupervisor.Voted] or [JobSupervisor.ReduceFailed].
    ///
    /// @param total over all batch shards
    /// @param patienceNs after which a silent neighbour is named
    public record Reduce(long step, long epoch, ShardLoss total, long patienceNs) implements Command, Wire {}

    /// The step is committed. Answered by [JobSupervisor.Applied].
    public record Apply(long step, long epoch, ShardLoss total) implements Command, Wire {}

    /// The step is committed without its data. Answered by [JobSupervisor.Applied].
    public record Skip(long step, long epoch) implements Command, Wire {}

    /// Forget what was computed of the step.
    public record Drop(long step, long epoch) implements Command, Wire {}

    /// Send weights and moments as they are after so many steps to a newcomer.
    public record SendState(long epoch, long operation, String to, long step, long patienceNs)
            implements Command, Wire {}

    /// Receive weights and moments as they are after so many steps. Answered by [JobSupervisor.Ready].
    public record ReceiveState(long epoch, long operation, String from, long step, LossHistory history, long patienceNs)
            implements Command, Wire {}

    /// Take the state from a checkpoint. Answered by [JobSupervisor.Ready].
    public record LoadCheckpoint(long epoch, CheckpointWriter.Checkpoint checkpoint) implements Command, Wire {}

    /// Copy the state and have it written. Answered by [JobSupervisor.SnapshotTaken], later by the writer.
    public record TakeSnapshot(long epoch, long step) implements Command, Wire {}

    /// Say what the state's bits are. Answered by [JobSupervisor.Digested].
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

    static Behavior<Command> create(
            JobSpec job,
            String name,
            DeviceThread device,
            ActorRef<GpuWorker.Command> worker,
            Workbench workbench,
            Serve leader,
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
