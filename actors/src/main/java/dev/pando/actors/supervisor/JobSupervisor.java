package dev.pando.actors.supervisor;

import dev.pando.actors.checkpoint.CheckpointWriter;
import dev.pando.actors.job.Inbox;
import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.JobSpec;
import dev.pando.actors.job.Stopwatch;
import dev.pando.actors.job.Wire;
import dev.pando.actors.liveness.MissedReplies;
import dev.pando.actors.liveness.NodeGone;
import dev.pando.actors.liveness.Quorum;
import dev.pando.actors.stage.GpuWorker;
import dev.pando.actors.stage.StageReport;
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
/// what it has in its hands, in [SupervisorContext].
public final class JobSupervisor {
    public sealed interface Command extends Inbox
            permits Stop, Cancel, FromStage, FromWriter, NodeEnded, Listed, WriterGone, NobodyLeft, EndKept, Tick {}

    /// End after the step in flight, with a checkpoint.
    public record Stop() implements Command, Wire {}

    /// End at once, with what is durable already.
    public record Cancel() implements Command, Wire {}

    /// A worker or its stage reports.
    public record FromStage(StageReport report) implements Command {}

    /// A checkpoint writer reports.
    public record FromWriter(CheckpointWriter.Report report) implements Command {}

    /// A process has ended.
    public record NodeEnded(NodeGone evidence) implements Command {}

    record Listed(Set<ActorRef<GpuWorker.Command>> devices) implements Command {}

    /// The node is gone on which a checkpoint was being written.
    record WriterGone() implements Command {}

    /// For a moment all devices that are up have refused.
    record NobodyLeft() implements Command {}

    /// The job's last event is in its journal: nobody will lead it again.
    public record EndKept() implements Command {}

    record Tick() implements Command {}

    private JobSupervisor() {}

    /// A supervisor that nobody takes over from.
    ///
    /// @param audience hears everything that happens to the job
    public static Behavior<Command> create(
            JobSpec job, ActorRef<CheckpointWriter.Command> writer, ActorRef<JobEvent> audience, Stopwatch stopwatch) {
        return Behaviors.<Command>setup(context ->
                create(
                        job,
                        RecoveredLeadership.none(0),
                        Quorum.alone(context.getSystem(), stopwatch),
                        writer,
                        audience,
                        stopwatch));
    }

    /// A supervisor that takes over from those before it, and from which others may take over; see `JobOwner`.
    ///
    /// @param quorum without which no step is committed
    public static Behavior<Command> create(
            JobSpec job,
            RecoveredLeadership inheritance,
            Quorum quorum,
            ActorRef<CheckpointWriter.Command> writer,
            ActorRef<JobEvent> audience,
            Stopwatch stopwatch) {
        Behavior<Inbox> leading =
                Behaviors.<Inbox>setup(context ->
                        Behaviors.withTimers(timers -> {
                            // With fixed delay: ticks missed in a pause are not made up for, see MissedReplies.
                            timers.startTimerWithFixedDelay(new Tick(), Duration.ofNanos(MissedReplies.TICK_NS));
                            ActorRef<Receptionist.Listing> listings =
                                    context.messageAdapter(
                                            Receptionist.Listing.class,
                                            listing -> new Listed(listing.getServiceInstances(GpuWorker.KEY)));
                            context.getSystem().receptionist().tell(Receptionist.subscribe(GpuWorker.KEY, listings));
                            context.getSystem()
                                    .eventStream()
                                    .tell(new EventStream.Subscribe<>(NodeGone.class, context.getSelf().narrow()));
                            return new SupervisorContext(context, job, inheritance, quorum, writer, audience, stopwatch)
                                    .begin();
                        }));
        return Behaviors.transformMessages(
                Command.class,
                leading,
                raw ->
                        raw.match(FromStage.class, FromStage::report)
                                .match(FromWriter.class, FromWriter::report)
                                .match(NodeEnded.class, NodeEnded::evidence)
                                .match(Command.class, command -> command));
    }
}
