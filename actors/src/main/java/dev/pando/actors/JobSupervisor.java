package dev.pando.actors;

import dev.pando.training.step.Trainer.Committed;
import dev.pando.training.step.Trainer.Examined;
import dev.pando.training.step.Trainer.ShardLoss;
import java.time.Duration;
import java.util.Set;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.eventstream.EventStream;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.receptionist.Receptionist;

/// Leads one job through its steps: compute, reduce, vote, apply. The only one to open an epoch, and the one who
/// notices.
///
/// Between compute and apply a worker may be lost at any moment: its batch shards go to the others under a new epoch,
/// and whatever the others hold stays. Between two steps newcomers receive the state, snapshots are taken, the job
/// ends.
///
/// Its states lie in [Takeover], [Opening], [BetweenSteps], [StepInFlight] and [Ending]; what all of them hear, and
/// what it has in its hands, in [Lead].
public final class JobSupervisor {
    public sealed interface Command
            permits Building,
                    Refused,
                    Arrived,
                    Computed,
                    Alive,
                    Queued,
                    Voted,
                    PeerFailed,
                    Applied,
                    Ready,
                    SnapshotTaken,
                    Digested,
                    Hashed,
                    StageFailed,
                    Leaving,
                    CheckpointWriter.Found,
                    CheckpointWriter.Durable,
                    CheckpointWriter.NotWritten,
                    CheckpointWriter.Damaged,
                    Unrecoverable,
                    NodeGone,
                    Stop,
                    Cancel,
                    Listed,
                    WriterGone,
                    NobodyLeft,
                    EndKept,
                    Tick {}

    /// A device holds nothing of the job, and builds a replica.
    public record Building(String worker, ActorRef<GpuWorker.Command> device) implements Command, Wire {}

    /// A device takes no part in the job, however often it is asked.
    public record Refused(String worker, ActorRef<GpuWorker.Command> device, String sentence)
            implements Command, Wire {}

    /// A replica is there, a fresh one or one that served the supervisor before.
    ///
    /// @param shardNs what the slow ones of its latest batch shards took; 0 before the first
    public record Arrived(
            String worker,
            Holding holding,
            long shardNs,
            String address,
            ActorRef<PipelineStage.Command> stage,
            ActorRef<GpuWorker.Command> device)
            implements Command, Wire {}

    /// The worker holds the gradient of this batch shard.
    ///
    /// @param seconds that its device took; 0 where it says so again
    public record Computed(String worker, long step, long epoch, int shard, ShardLoss loss, double seconds)
            implements Command, Wire {}

    /// A sign of life, given several times a second: the worker's process does not stand still, whatever its device
    /// does.
    public record Alive(String worker) implements Command, Wire {}

    /// The worker's device computes for other jobs, or the worker waits for the copy of its state that is being made
    /// for a checkpoint; its turn comes.
    ///
    /// @param queuedNs for how long it has waited
    public record Queued(String worker, long epoch, long queuedNs) implements Command, Wire {}

    /// The worker has the sum, and this is what it makes of it.
    public record Voted(String worker, long step, long epoch, Examined examined) implements Command, Wire {}

    /// The worker waits in vain for another.
    public record PeerFailed(String worker, long epoch, String peer, String evidence) implements Command, Wire {}

    public record Applied(String worker, long epoch, Committed committed) implements Command, Wire {}

    /// The worker holds the state after so many steps.
    public record Ready(String worker, long epoch, long step) implements Command, Wire {}

    /// @param writer to whom the copy goes
    public record SnapshotTaken(
            String worker, long step, double stallSeconds, ActorRef<CheckpointWriter.Command> writer)
            implements Command, Wire {}

    public record Digested(String worker, long step, String hash) implements Command, Wire {}

    /// What the bits of the whole state are that this worker has put together, where optimizer state is sharded.
    public record Hashed(String worker, long epoch, String hash) implements Command, Wire {}

    /// The worker is no longer: what it held is gone.
    public record StageFailed(String worker, String sentence) implements Command, Wire {}

    /// The worker's node leaves: the worker does its part of the step in flight, and is answered by [GpuWorker.Release]
    /// when the job can do without it.
    public record Leaving(String worker, ActorRef<GpuWorker.Command> device) implements Command, Wire {}

    /// Something that no other worker can do better.
    public record Unrecoverable(String sentence) implements Command, Wire {}

    /// End after the step in flight, with a checkpoint.
    public record Stop() implements Command, Wire {}

    /// End at once, with what is durable already.
    public record Cancel() implements Command, Wire {}

    record Listed(Set<ActorRef<GpuWorker.Command>> devices) implements Command {}

    /// The node is gone on which a checkpoint was being written.
    record WriterGone() implements Command {}

    /// For a moment all devices that are up have refused.
    record NobodyLeft() implements Command {}

    /// The job's last event is in its journal: nobody will lead it again.
    record EndKept() implements Command {}

    record Tick() implements Command {}

    private JobSupervisor() {}

    /// A supervisor that nobody takes over from.
    ///
    /// @param audience hears everything that happens to the job
    public static Behavior<Command> create(
            JobSpec job, ActorRef<CheckpointWriter.Command> writer, ActorRef<JobEvent> audience, Stopwatch stopwatch) {
        return Behaviors.setup(context ->
                create(
                        job,
                        Inheritance.none(0),
                        Quorum.alone(context.getSystem(), stopwatch),
                        writer,
                        audience,
                        stopwatch));
    }

    /// A supervisor that takes over from those before it, and from which others may take over; see [JobOwner].
    ///
    /// @param quorum without which no step is committed
    static Behavior<Command> create(
            JobSpec job,
            Inheritance inheritance,
            Quorum quorum,
            ActorRef<CheckpointWriter.Command> writer,
            ActorRef<JobEvent> audience,
            Stopwatch stopwatch) {
        return Behaviors.setup(context ->
                Behaviors.withTimers(timers -> {
                    // With fixed delay: ticks missed in a pause are not made up for, see Silence.
                    timers.startTimerWithFixedDelay(new Tick(), Duration.ofNanos(Silence.TICK_NS));
                    ActorRef<Receptionist.Listing> listings =
                            context.messageAdapter(
                                    Receptionist.Listing.class,
                                    listing -> new Listed(listing.getServiceInstances(GpuWorker.KEY)));
                    context.getSystem().receptionist().tell(Receptionist.subscribe(GpuWorker.KEY, listings));
                    context.getSystem()
                            .eventStream()
                            .tell(new EventStream.Subscribe<>(NodeGone.class, context.getSelf().narrow()));
                    return new Lead(context, job, inheritance, quorum, writer, audience, stopwatch).begin();
                }));
    }
}
