package dev.pando.actors.supervisor;

import dev.pando.actors.checkpoint.CheckpointWriter;
import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.JobSpec;
import dev.pando.actors.job.NamedBehavior;
import dev.pando.actors.job.Stopwatch;
import dev.pando.actors.job.Wire;
import dev.pando.actors.liveness.MissedReplies;
import dev.pando.actors.liveness.NodeGone;
import dev.pando.actors.liveness.Quorum;
import dev.pando.actors.stage.GpuWorker;
import dev.pando.actors.stage.GpuWorker.Leader;
import dev.pando.actors.stage.StageReport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Signal;
import org.apache.pekko.actor.typed.Terminated;
import org.apache.pekko.actor.typed.eventstream.EventStream;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.receptionist.Receptionist;

/// Leads one job through its steps: compute, reduce, vote, apply. Only the supervisor opens an epoch, and it detects
/// lost workers.
///
/// Between compute and apply a worker may be lost at any moment: its batch shards go to the others under a new epoch,
/// and the others keep what they hold. Between two steps newcomers receive the state, snapshots are taken, the job
/// ends.
///
/// Each state is a [Phase]: see [Takeover], [Opening], [Recovery], [BetweenSteps], [StepInFlight] and [Ending], and the
/// two [StatePolicy]s. Here is what all of them have in common.
public final class JobSupervisor {
    public sealed interface Command
            permits Stop, Cancel, FromStage, FromWriter, NodeEnded, Listed, WriterGone, StillRefused, EndKept, Tick {}

    /// End after the step in flight, with a checkpoint.
    public record Stop() implements Command, Wire {}

    /// End at once; what is durable already remains.
    public record Cancel() implements Command, Wire {}

    /// A worker or its stage reports.
    public record FromStage(StageReport report) implements Command {}

    /// A checkpoint writer reports.
    public record FromWriter(CheckpointWriter.Report report) implements Command {}

    /// A process has ended.
    public record NodeEnded(NodeGone evidence) implements Command {}

    /// The job's last event is in its journal: no other supervisor will lead the job.
    public record EndKept() implements Command {}

    private record Listed(Set<ActorRef<GpuWorker.Command>> devices) implements Command {}

    /// The node that was writing a checkpoint is gone.
    private record WriterGone() implements Command {}

    /// All devices that are up have refused a moment ago.
    private record StillRefused() implements Command {}

    private record Tick() implements Command {}

    private static final Duration A_MOMENT = Duration.ofSeconds(2); // more nodes may be about to show up

    private final ActorContext<Command> context;
    private final JobContext job;
    private final Takeover takeover;
    private final Opening opening;
    private final Recovery recovery;
    private final BetweenSteps between;
    private final StepInFlight step;
    private final Ending ending;

    private JobSupervisor(ActorContext<Command> context, JobContext job) {
        StatePolicy policy =
                job.holdings instanceof ShardedHoldings sharded
                        ? new ShardedState(job, sharded)
                        : new ReplicatedState(job);
        this.context = context;
        this.job = job;
        this.takeover = new Takeover(job, policy);
        this.opening = new Opening(job);
        this.recovery = new Recovery(job, policy);
        this.between = new BetweenSteps(job, policy);
        this.step = new StepInFlight(job, policy);
        this.ending = new Ending(job, policy);
    }

    /// A supervisor that no other one takes over from.
    ///
    /// @param audience receives everything that happens to the job
    public static Behavior<Command> create(
            JobSpec job, ActorRef<CheckpointWriter.Command> writer, ActorRef<JobEvent> audience, Stopwatch stopwatch) {
        return Behaviors.setup(context ->
                create(
                        job,
                        RecoveredLeadership.none(0),
                        Quorum.alone(context.getSystem(), stopwatch),
                        writer,
                        audience,
                        stopwatch));
    }

    /// A supervisor that takes over from those before it, and that others may take over from; see `JobOwner`.
    ///
    /// @param quorum without which no step is committed
    public static Behavior<Command> create(
            JobSpec spec,
            RecoveredLeadership leadership,
            Quorum quorum,
            ActorRef<CheckpointWriter.Command> writer,
            ActorRef<JobEvent> audience,
            Stopwatch stopwatch) {
        return Behaviors.setup(context ->
                Behaviors.withTimers(timers -> {
                    // With fixed delay: ticks missed in a pause are not made up for, see MissedReplies.
                    timers.startTimerWithFixedDelay(new Tick(), Duration.ofNanos(MissedReplies.TICK_NS));
                    Leader self =
                            new Leader(
                                    leadership.incarnation(),
                                    context.messageAdapter(StageReport.class, FromStage::new),
                                    context.messageAdapter(CheckpointWriter.Report.class, FromWriter::new));
                    listen(context);
                    JobContext job =
                            new JobContext(spec, leadership, quorum, self, writer, audience, stopwatch, context::watch);
                    return new JobSupervisor(context, job).begin();
                }));
    }

    private static void listen(ActorContext<Command> context) {
        ActorRef<Receptionist.Listing> listings =
                context.messageAdapter(
                        Receptionist.Listing.class, listing -> new Listed(listing.getServiceInstances(GpuWorker.KEY)));
        context.getSystem().receptionist().tell(Receptionist.subscribe(GpuWorker.KEY, listings));
        ActorRef<NodeGone> evidence = context.messageAdapter(NodeGone.class, NodeEnded::new);
        context.getSystem().eventStream().tell(new EventStream.Subscribe<>(NodeGone.class, evidence));
    }

    private Behavior<Command> begin() {
        return go(job.leadership.isSuccession() ? takeover.begin() : new Next.Open(new ArrayList<>()));
    }

    /// Follows the states' decisions until one of them waits for a message.
    private Behavior<Command> go(Next first) {
        Next next = first;
        while (true) {
            switch (next) {
                case Next.Stay() -> {
                    return Behaviors.same();
                }
                case Next.Enter(Phase phase) -> {
                    return in(phase);
                }
                case Next.Open(var early) -> next = new Next.Enter(opening.opening(early));
                case Next.Decide() -> next = between.decide();
                case Next.BeginStep() -> next = step.begin();
                case Next.Recover() -> next = recovery.recover();
                case Next.Load(var found) -> next = recovery.load(found);
                case Next.Rebuild() -> next = recovery.rebuild();
                case Next.Close() -> next = ending.close();
                case Next.Complete(String hash) -> {
                    return end(ending.completed(hash));
                }
                case Next.Stop() -> {
                    return end(ending.stopped());
                }
                case Next.Fail(String diagnosis) -> {
                    return end(ending.failed(diagnosis));
                }
            }
        }
    }

    private Behavior<Command> in(Phase phase) {
        return NamedBehavior.named(
                phase.name(),
                Behaviors.receive((_, command) -> go(react(phase, command)), (_, signal) -> go(react(phase, signal))));
    }

    private Next react(Phase phase, Command command) {
        return switch (command) {
            case FromStage(StageReport report) -> react(phase, report);
            case FromWriter(CheckpointWriter.Report report) -> react(phase, report);
            case Tick() -> phase.tick();
            case Listed(var devices) -> {
                job.devices.listed(devices);
                yield phase.listed();
            }
            case StillRefused() -> job.devices.areUseless() ? new Next.Fail(job.devices.refusal()) : Phase.stay();
            case WriterGone() -> phase.writerGone();
            case NodeEnded(NodeGone evidence) -> {
                job.failures.nodeGone(evidence);
                yield Phase.stay();
            }
            case Stop() -> {
                job.stop();
                yield job.registry.holders().isEmpty() ? new Next.Stop() : Phase.stay();
            }
            case Cancel() -> new Next.Stop();
            case EndKept() -> Phase.stay(); // meant for the state after the last event
        };
    }

    private Next react(Phase phase, StageReport report) {
        return switch (report) {
            case StageReport.Building building -> phase.building(building);
            case StageReport.Refused refused -> {
                job.devices.refused(refused);
                if (job.devices.areUseless()) {
                    context.scheduleOnce(A_MOMENT, context.getSelf(), new StillRefused());
                }
                yield phase.refused(refused);
            }
            case StageReport.Arrived arrived -> phase.arrived(arrived, job.seat(arrived));
            case StageReport.Computed computed -> phase.computed(computed);
            case StageReport.Voted voted -> phase.voted(voted);
            case StageReport.Applied applied -> {
                job.reports.applied(applied);
                yield phase.applied(applied);
            }
            case StageReport.Ready ready -> phase.ready(ready);
            case StageReport.SnapshotTaken taken -> phase.snapshotTaken(taken);
            case StageReport.Digested digested -> phase.digested(digested);
            case StageReport.Hashed hashed -> phase.hashed(hashed);
            case StageReport.PeerFailed failed -> phase.peerFailed(failed);
            case StageReport.StageFailed failed -> phase.after(job.failures.lost(failed.worker(), failed.sentence()));
            case StageReport.Leaving departing -> {
                job.devices.leaving(departing);
                yield Phase.stay();
            }
            case StageReport.Alive alive -> {
                if (job.group.alive(alive.worker())) {
                    job.quorum.heard(job.group.node(job.registry.entry(alive.worker()).device()));
                }
                yield Phase.stay();
            }
            case StageReport.Queued queued -> {
                if (queued.epoch() == job.group.epoch() && job.registry.has(queued.worker())) {
                    job.group.queued(queued.worker(), queued.queuedNs());
                }
                yield Phase.stay();
            }
        };
    }

    private Next react(Phase phase, CheckpointWriter.Report report) {
        return switch (report) {
            case CheckpointWriter.Found found -> phase.found(found);
            case CheckpointWriter.Durable written -> phase.durable(written);
            case CheckpointWriter.NotWritten failed -> phase.notWritten(failed);
            case CheckpointWriter.Damaged(long at, String sentence) -> {
                job.checkpoints.failed(at, sentence);
                yield Phase.stay();
            }
            case CheckpointWriter.Unrecoverable(String sentence) -> new Next.Fail(sentence);
        };
    }

    private Next react(Phase phase, Signal signal) {
        if (!(signal instanceof Terminated stopped)) {
            return Phase.stay();
        }
        if (job.checkpoints.areWrittenBy(stopped.getRef())) {
            context.getSelf().tell(new WriterGone());
        }
        job.devices.ended(stopped.getRef());
        job.group.ended(stopped.getRef());
        return job.registry
                .onDevice(stopped.getRef())
                .map(entry -> phase.after(job.failures.lost(entry.worker(), "its worker was stopped")))
                .orElse(Phase.stay());
    }

    /// The workers are released once no other supervisor can take over: until then one that does finds what they hold.
    private Behavior<Command> end(List<JobEvent> last) {
        last.forEach(job.audience::tell);
        return job.leadership.isKept() ? awaitingJournal() : release();
    }

    private Behavior<Command> awaitingJournal() {
        return NamedBehavior.named(
                "awaitingJournal",
                Behaviors.receive(
                        (_, command) ->
                                switch (command) {
                                    case EndKept() -> release();
                                    case Stop(),
                                            Cancel(),
                                            FromStage(_),
                                            FromWriter(_),
                                            NodeEnded(_),
                                            Listed(_),
                                            WriterGone(),
                                            StillRefused(),
                                            Tick() ->
                                            Behaviors.same();
                                },
                        (_, _) -> Behaviors.same()));
    }

    private Behavior<Command> release() {
        job.devices.releaseAll();
        return Behaviors.stopped();
    }
}
