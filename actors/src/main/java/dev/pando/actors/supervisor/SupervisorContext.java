package dev.pando.actors.supervisor;

import dev.pando.actors.checkpoint.CheckpointInterval;
import dev.pando.actors.checkpoint.CheckpointSchedule;
import dev.pando.actors.checkpoint.CheckpointWriter;
import dev.pando.actors.checkpoint.CheckpointWriter.Unrecoverable;
import dev.pando.actors.job.Epoch;
import dev.pando.actors.job.Inbox;
import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.JobSpec;
import dev.pando.actors.job.NamedBehavior;
import dev.pando.actors.job.Stopwatch;
import dev.pando.actors.liveness.NodeGone;
import dev.pando.actors.liveness.Quorum;
import dev.pando.actors.planning.ShardBalancer;
import dev.pando.actors.planning.Stragglers;
import dev.pando.actors.stage.GpuWorker;
import dev.pando.actors.stage.Leader;
import dev.pando.actors.stage.PipelineStage;
import dev.pando.actors.stage.StageReport.Alive;
import dev.pando.actors.stage.StageReport.Applied;
import dev.pando.actors.stage.StageReport.Arrived;
import dev.pando.actors.stage.StageReport.Leaving;
import dev.pando.actors.stage.StageReport.PeerFailed;
import dev.pando.actors.stage.StageReport.Queued;
import dev.pando.actors.stage.StageReport.Refused;
import dev.pando.actors.stage.StageReport.SnapshotTaken;
import dev.pando.actors.stage.StageReport.StageFailed;
import dev.pando.actors.supervisor.JobSupervisor.Cancel;
import dev.pando.actors.supervisor.JobSupervisor.Listed;
import dev.pando.actors.supervisor.JobSupervisor.NobodyLeft;
import dev.pando.actors.supervisor.JobSupervisor.Stop;
import dev.pando.actors.supervisor.JobSupervisor.Tick;
import dev.pando.actors.supervisor.JobSupervisor.WriterGone;
import dev.pando.training.step.LossHistory;
import dev.pando.training.step.Trainer.Committed;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Terminated;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.BehaviorBuilder;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/// What a supervisor has in its hands while it leads a job, and what it hears whatever it waits for.
final class SupervisorContext {
    private static final Duration A_MOMENT = Duration.ofSeconds(2); // more nodes may be about to show up

    final ActorContext<Inbox> context;
    final JobSpec job;
    final RecoveredLeadership inheritance;
    final Quorum quorum;
    final ActorRef<CheckpointWriter.Command> writer;
    final ActorRef<JobEvent> audience;
    final Stopwatch stopwatch;
    final WorkerGroup crew;
    final WorkerRegistry roster;
    final JobProgress course;
    final CheckpointSchedule checkpoints;
    final ShardBalancer balance;
    final Stragglers stragglers = new Stragglers();
    final Set<ActorRef<GpuWorker.Command>> devices = new TreeSet<>(); // by their paths, not by chance
    final SortedMap<String, ActorRef<GpuWorker.Command>> leaving = new TreeMap<>(); // workers, with their nodes
    final Set<String> applying = new TreeSet<>(); // workers that have not said that they have applied the last step

    final Refusals refusals;
    final OptimizerSharding sharding;

    // Each of them leads to the others.
    final Opening opening;
    final BetweenSteps between;
    final StepInFlight step;
    final Ending ending;
    final WorkerFailures losses;

    private boolean stopping;
    private long forgotten = -1; // the epoch in which the job went back: what was applied then is none of its steps
    private long reportedNs; // when the audience was told of the last step
    private Optional<ActorRef<CheckpointWriter.Command>> writing = Optional.empty(); // who was last given a copy

    /// @param quorum without which no step is committed
    SupervisorContext(
            ActorContext<Inbox> context,
            JobSpec job,
            RecoveredLeadership inheritance,
            Quorum quorum,
            ActorRef<CheckpointWriter.Command> writer,
            ActorRef<JobEvent> audience,
            Stopwatch stopwatch) {
        this.quorum = quorum;
        this.context = context;
        this.job = job;
        this.inheritance = inheritance;
        this.writer = writer;
        this.audience = audience;
        this.stopwatch = stopwatch;
        this.crew =
                new WorkerGroup(
                        job.id(), quorum::node, Epoch.beforeFirst(inheritance.incarnation()), audience, stopwatch);
        this.roster = crew.roster();
        this.course = new JobProgress(job);
        this.balance = new ShardBalancer(job.shards());
        this.checkpoints =
                new CheckpointSchedule(
                        new CheckpointInterval(job.checkpointEverySteps(), job.secondsBetweenFailures()));
        this.refusals = new Refusals(inheritance.refused());
        this.sharding = new OptimizerSharding(this);
        this.opening = new Opening(this);
        this.between = new BetweenSteps(this);
        this.step = new StepInFlight(this);
        this.ending = new Ending(this);
        this.losses = new WorkerFailures(this);
    }

    Behavior<Inbox> begin() {
        return inheritance.isSuccession() ? new Takeover(this).surveying() : opening.opening(new ArrayList<>());
    }

    /// Whether somebody has asked for the end after the step in flight.
    boolean isStopping() {
        return stopping;
    }

    /// The first step is as long as it takes from here on.
    void countFromNow() {
        reportedNs = stopwatch.nanos();
    }

    void goBackTo(CheckpointWriter.Checkpoint checkpoint) {
        goBackTo(checkpoint.step(), checkpoint.history());
    }

    /// Nobody is to say any more that he has applied a step that is not the job's now.
    void goBackTo(long steps, LossHistory history) {
        course.goBackTo(steps, history);
        checkpoints.wentBackTo(steps);
        applying.clear();
        forgotten = crew.epoch();
    }

    void takeSnapshot() {
        if (checkpoints.isIdle()) {
            String worker = roster.holders().getFirst();
            checkpoints.asked(worker, course.position());
            crew.ask(worker, new PipelineStage.TakeSnapshot(crew.epoch(), course.position()));
        }
    }

    /// Waits until the checkpoint that is under way is written, or is not.
    ///
    /// @param next how it goes on
    /// @param unwritten what is done, and how it goes on, where it was not written
    Behavior<Inbox> untilWritten(
            String name,
            Supplier<Behavior<Inbox>> next,
            Function<CheckpointWriter.NotWritten, Behavior<Inbox>> unwritten) {
        Supplier<Collection<String>> owing = () -> roster.workers().stream().filter(checkpoints::isAwaiting).toList();
        return state(
                name,
                new PendingReplies(owing, PendingReplies.WHOLE_STATE, worker -> next.get()),
                own ->
                        own.onMessage(
                                        CheckpointWriter.Durable.class,
                                        durable -> {
                                            published(durable);
                                            return next.get();
                                        })
                                .onMessage(CheckpointWriter.NotWritten.class, unwritten::apply)
                                .onMessage(
                                        WriterGone.class,
                                        gone -> {
                                            checkpoints.writerIsGone();
                                            return next.get();
                                        }));
    }

    /// A state: what it hears itself comes first, then what all of them hear.
    Behavior<Inbox> state(String name, PendingReplies waiting, UnaryOperator<BehaviorBuilder<Inbox>> own) {
        return NamedBehavior.named(name, hearing(waiting, own));
    }

    private Behavior<Inbox> hearing(PendingReplies waiting, UnaryOperator<BehaviorBuilder<Inbox>> own) {
        return own.apply(Behaviors.receive(Inbox.class))
                .onMessage(Listed.class, this::host)
                .onMessage(
                        Arrived.class,
                        arrived -> {
                            seat(arrived); // a newcomer, until the step in flight is over
                            return Behaviors.same();
                        })
                .onMessage(StageFailed.class, failed -> losses.lost(failed.worker(), failed.sentence(), waiting))
                .onMessage(
                        Leaving.class,
                        departing -> {
                            if (refusals.isBy(departing.device())) {
                                departing.device().tell(release());
                            } else {
                                leaving.put(departing.worker(), departing.device());
                            }
                            return Behaviors.same();
                        })
                .onMessage(Refused.class, this::refused)
                .onMessage(NobodyLeft.class, still -> nobodyLeft())
                .onMessage(PeerFailed.class, failed -> losses.peerFailed(failed, waiting))
                .onMessage(
                        Alive.class,
                        alive -> {
                            if (crew.alive(alive.worker())) {
                                quorum.heard(crew.node(roster.seat(alive.worker()).device()));
                            }
                            return Behaviors.same();
                        })
                .onMessage(
                        Queued.class,
                        queued -> {
                            if (queued.epoch() == crew.epoch() && roster.has(queued.worker())) {
                                crew.queued(queued.worker(), queued.queuedNs());
                            }
                            return Behaviors.same();
                        })
                .onMessage(Applied.class, this::report)
                .onMessage(
                        SnapshotTaken.class,
                        taken -> {
                            if (isOfOurs(taken.step())) {
                                snapshotTaken(taken);
                            }
                            return Behaviors.same();
                        })
                .onMessage(
                        CheckpointWriter.Durable.class,
                        written -> isOfOurs(written.step()) ? published(written) : Behaviors.same())
                .onMessage(CheckpointWriter.NotWritten.class, this::notPublished)
                .onMessage(
                        WriterGone.class,
                        gone -> {
                            checkpoints.writerIsGone();
                            return Behaviors.same();
                        })
                .onMessage(
                        CheckpointWriter.Damaged.class,
                        damaged -> {
                            audience.tell(new JobEvent.CheckpointFailed(damaged.step(), damaged.sentence()));
                            return Behaviors.same();
                        })
                .onMessage(Unrecoverable.class, given -> ending.fail(given.sentence()))
                .onMessage(NodeGone.class, losses::loseNode)
                .onMessage(
                        Stop.class,
                        stop -> {
                            stopping = true;
                            return roster.holders().isEmpty() ? ending.stopWithoutCheckpoint() : Behaviors.same();
                        })
                .onMessage(Cancel.class, cancel -> ending.stopWithoutCheckpoint())
                .onMessage(Tick.class, tick -> losses.listen(waiting))
                .onMessage(Inbox.class, late -> Behaviors.same()) // an answer to a question that is settled
                .onSignal(
                        Terminated.class,
                        stopped -> {
                            if (writing.filter(writer -> writer.path().equals(stopped.getRef().path())).isPresent()) {
                                context.getSelf().tell(new WriterGone());
                            }
                            devices.remove(stopped.getRef().<GpuWorker.Command>unsafeUpcast());
                            refusals.forget(stopped.getRef());
                            crew.ended(stopped.getRef());
                            return roster.sittingOn(stopped.getRef())
                                    .map(seat -> losses.lost(seat.worker(), "its worker was stopped", waiting))
                                    .orElse(Behaviors.same());
                        })
                .build();
    }

    /// Whether the job has got so far, or has got there again. A worker that was lost before the job went back may
    /// still write the state of then.
    private boolean isOfOurs(long step) {
        return step <= course.position();
    }

    void snapshotTaken(SnapshotTaken taken) {
        checkpoints.taken(taken.step(), taken.stallSeconds());
        writing = Optional.of(taken.writer());
        context.watch(taken.writer());
        audience.tell(new JobEvent.SnapshotTaken(taken.step(), taken.stallSeconds()));
    }

    Behavior<Inbox> host(Listed listed) {
        listed.devices().stream()
                .sorted()
                .filter(devices::add)
                .forEach(device -> {
                    context.watch(device);
                    device.tell(
                            new GpuWorker.Host(
                                    job,
                                    new Leader(
                                            inheritance.incarnation(),
                                            context.getSelf().narrow(),
                                            context.getSelf().narrow())));
                });
        return Behaviors.same();
    }

    Behavior<Inbox> refused(Refused refused) {
        if (devices.contains(refused.device()) && refusals.areNews(refused)) {
            audience.tell(new JobEvent.WorkerRefused(refused.worker(), course.position(), refused.sentence()));
        }
        if (isHelpless()) {
            context.scheduleOnce(A_MOMENT, context.getSelf(), new NobodyLeft());
        }
        return Behaviors.same();
    }

    private Behavior<Inbox> nobodyLeft() {
        return isHelpless() ? ending.fail(refusals.sentence()) : Behaviors.same();
    }

    /// A job that has trained before waits for those who trained it: they may be on their way.
    private boolean isHelpless() {
        return refusals.areByAllOf(devices) && course.position() == 0 && !inheritance.isSuccession();
    }

    GpuWorker.Release release() {
        return new GpuWorker.Release(job.id(), inheritance.incarnation());
    }

    Behavior<Inbox> report(Applied applied) {
        Committed step = applied.committed();
        // What another supervisor committed was found out when this one took over.
        boolean own = Epoch.incarnation(applied.epoch()) == inheritance.incarnation() && applied.epoch() > forgotten;
        if (own && step.step() == course.position() - 1) {
            applying.remove(applied.worker());
        }
        if (own && sharding.counts(applied.epoch()) && course.isNews(step.step())) {
            long nowNs = stopwatch.nanos();
            checkpoints.stepped((nowNs - reportedNs) / 1e9);
            tell(step, applied.epoch(), (nowNs - reportedNs) / 1e9);
            reportedNs = nowNs;
        }
        return Behaviors.same();
    }

    void tell(Committed step, long epoch, double seconds) {
        audience.tell(
                new JobEvent.StepCommitted(
                        step.step(),
                        epoch,
                        step.loss(),
                        step.gradientNorm(),
                        step.learningRate(),
                        step.tokens(),
                        seconds,
                        roster.holders().size()));
    }

    Behavior<Inbox> published(CheckpointWriter.Durable written) {
        if (checkpoints.durable(written.step(), written.seconds())) {
            audience.tell(
                    new JobEvent.CheckpointDurable(
                            written.step(), written.checkpoint(), written.bytes(), written.seconds()));
        }
        return Behaviors.same();
    }

    Behavior<Inbox> notPublished(CheckpointWriter.NotWritten failed) {
        checkpoints.notWritten(failed.step());
        audience.tell(new JobEvent.CheckpointFailed(failed.step(), failed.sentence()));
        return Behaviors.same();
    }

    boolean seat(Arrived arrived) {
        var seated = crew.seat(arrived);
        if (seated) {
            quorum.heard(crew.node(arrived.device()));
            sharding.arrived(arrived.holding());
        }
        return seated;
    }

    /// Between steps a fresh replica of a job that has not begun is no newcomer: it holds the state.
    void welcome(Arrived arrived) {
        if (seat(arrived)
                && (!sharding.isOn() || course.position() == 0) // later on it holds some of the moments at most
                && arrived.holding().step() == course.position()
                && arrived.holding().history().equals(course.history())) {
            crew.joined(arrived.worker(), course.position());
        }
    }
}
