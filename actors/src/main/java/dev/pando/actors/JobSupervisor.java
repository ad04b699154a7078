package dev.pando.actors;

import dev.pando.actors.JobEvent.Rung;
import dev.pando.training.step.LossHistory;
import dev.pando.training.step.Trainer.Committed;
import dev.pando.training.step.Trainer.Examined;
import dev.pando.training.step.Trainer.ShardLoss;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Terminated;
import org.apache.pekko.actor.typed.eventstream.EventStream;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.BehaviorBuilder;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.receptionist.Receptionist;

/// Leads one job through its steps: compute, reduce, vote, apply. The only one to open an epoch, and the one who
/// notices.
///
/// Between compute and apply a worker may be lost at any moment: its batch shards go to the others under a new epoch,
/// and whatever the others hold stays. Between two steps newcomers receive the state, snapshots are taken, the job
/// ends.
// Long because the protocol and all states of a job belong side by side; what they decide lies in plain classes.
public final class JobSupervisor {
    public sealed interface Command
            permits Building,
                    Arrived,
                    Computed,
                    Queued,
                    Voted,
                    PeerFailed,
                    Applied,
                    Ready,
                    SnapshotTaken,
                    Digested,
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
                    Tick {}

    /// A device holds nothing of the job, and builds a replica.
    public record Building(String worker, ActorRef<GpuWorker.Command> device) implements Command, Wire {}

    /// A replica is there, a fresh one or one that served the supervisor before.
    public record Arrived(
            String worker,
            Holding holding,
            String address,
            ActorRef<PipelineStage.Command> stage,
            ActorRef<GpuWorker.Command> device)
            implements Command, Wire {}

    /// The worker holds the gradient of this batch shard.
    ///
    /// @param seconds that its device took; 0 where it says so again
    public record Computed(String worker, long step, long epoch, int shard, ShardLoss loss, double seconds)
            implements Command, Wire {}

    /// The worker's device computes for other jobs; its turn comes.
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

    private record Listed(Set<ActorRef<GpuWorker.Command>> devices) implements Command {}

    /// The node is gone on which a checkpoint was being written.
    private record WriterGone() implements Command {}

    private record Tick() implements Command {}

    /// What a state waits for.
    ///
    /// @param owing workers of whom an answer is due
    /// @param pieces how many pieces of work the answer is worth
    /// @param lost how it goes on without a worker that was lost
    private record Waiting(Supplier<Collection<String>> owing, int pieces, Function<String, Behavior<Command>> lost) {
        static Waiting forNobody() {
            return new Waiting(List::of, 1, worker -> Behaviors.same());
        }
    }

    private static final int GRACE_TICKS = 200; // ten seconds for the rest of the workers once the first is here
    private static final int WHOLE_STATE = 20; // pieces of work: a state is so much larger than a shard's gradient
    private static final int WHOLE_SUM = 4; // pieces of work: members name whom they wait for long before
    private static final int UNSERVED = 5; // newcomers: together as patient as one is with the last copy
    private static final int HOPELESS = 4; // failures a worker without a committed step, and at least three workers

    private final ActorContext<Command> context;
    private final JobSpec job;
    private final Inheritance inheritance;
    private final Quorum quorum;
    private final ActorRef<CheckpointWriter.Command> writer;
    private final ActorRef<JobEvent> audience;
    private final Stopwatch stopwatch;
    private final Crew crew;
    private final Roster roster;
    private final Checkpoints checkpoints;
    private final Balance balance;
    private final Stragglers stragglers = new Stragglers();
    private final Set<ActorRef<GpuWorker.Command>> devices = new TreeSet<>(); // by their paths, not by chance

    private long position; // committed steps
    private LossHistory history = LossHistory.EMPTY;
    private boolean stopping;
    private long reported = -1; // last step of which the audience knows that it is committed
    private long reportedNs;
    private final SortedMap<String, List<Integer>> inherited = new TreeMap<>(); // shards that were found computed
    private long transfers;
    private long furthest; // steps that were ever committed
    private long doubted = -1; // the last step that was computed once more since its numbers were none
    private int unserved; // newcomers that were lost in a row while the last copy of the state was to go to them
    private int failuresWithoutProgress;
    private final SortedMap<String, ActorRef<GpuWorker.Command>> leaving = new TreeMap<>(); // with their nodes
    private Optional<ActorRef<CheckpointWriter.Command>> writing = Optional.empty(); // who was last given a copy

    private JobSupervisor(
            ActorContext<Command> context,
            JobSpec job,
            Inheritance inheritance,
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
                new Crew(
                        job.id(),
                        context.getSystem().address().toString(),
                        Epoch.beforeFirst(inheritance.incarnation()),
                        audience,
                        stopwatch);
        this.roster = crew.roster();
        this.balance = new Balance(job.shards());
        this.checkpoints =
                new Checkpoints(new CheckpointInterval(job.checkpointEverySteps(), job.secondsBetweenFailures()));
    }

    /// A supervisor that nobody takes over from.
    ///
    /// @param audience hears everything that happens to the job
    public static Behavior<Command> create(
            JobSpec job, ActorRef<CheckpointWriter.Command> writer, ActorRef<JobEvent> audience, Stopwatch stopwatch) {
        return create(job, Inheritance.none(0), Quorum.alone(), writer, audience, stopwatch);
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
                    JobSupervisor supervisor =
                            new JobSupervisor(context, job, inheritance, quorum, writer, audience, stopwatch);
                    return inheritance.isSuccession()
                            ? supervisor.mustering(new Muster(inheritance, quorum::isGone), new ArrayList<>())
                            : supervisor.opening(new ArrayList<>());
                }));
    }

    // ---- after the supervisor before it was lost -------------------------------------------------------------------

    private Behavior<Command> mustering(Muster muster, List<Arrived> here) {
        SortedMap<String, String> nodes = new TreeMap<>();
        devices.forEach(device -> nodes.put(device.path().toString(), crew.node(device)));
        if (muster.isOver(nodes)) {
            return muster.step() == Holding.NOTHING ? opening(here) : takingOver(muster);
        }
        Waiting waiting =
                new Waiting(
                        List::of,
                        1,
                        worker -> {
                            muster.lost(worker);
                            return mustering(muster, here);
                        });
        return state(
                "mustering",
                waiting,
                own ->
                        own.onMessage(
                                        Listed.class,
                                        listed -> {
                                            host(listed);
                                            muster.listed();
                                            return mustering(muster, here);
                                        })
                                .onMessage(
                                        Building.class,
                                        building -> {
                                            muster.building(building.worker(), building.device().path().toString());
                                            return mustering(muster, here);
                                        })
                                .onMessage(
                                        Arrived.class,
                                        arrived -> {
                                            if (!seat(arrived)) {
                                                return Behaviors.same();
                                            }
                                            here.add(arrived);
                                            muster.arrived(
                                                    arrived.worker(),
                                                    arrived.device().path().toString(),
                                                    arrived.holding());
                                            return mustering(muster, here);
                                        })
                                .onMessage(
                                        Tick.class,
                                        tick -> {
                                            muster.tick();
                                            return mustering(muster, here);
                                        }));
    }

    /// The job goes on from what the workers hold.
    private Behavior<Command> takingOver(Muster muster) {
        position = muster.step();
        history = muster.history();
        furthest = position;
        reported = position - 1;
        reportedNs = stopwatch.nanos();
        checkpoints.wentBackTo(inheritance.durable());
        // They may have been committed after the last word of the one before.
        muster.latest().forEach(step -> tell(step, crew.epoch(), 0));
        audience.tell(new JobEvent.Started(position, true));
        muster.absent()
                .forEach((worker, evidence) -> {
                    quorum.silent(inheritance.workers().get(worker));
                    lose(worker, evidence);
                });
        muster.holders().forEach(worker -> crew.joined(worker, position));
        inherited.putAll(muster.shards());
        return betweenSteps();
    }

    /// Of two that have computed the same batch shard one forgets all that it has computed: each counts once.
    private void dropDoubles() {
        inherited.keySet().retainAll(roster.holders());
        SortedSet<Integer> taken = new TreeSet<>();
        List<String> doubles = new ArrayList<>();
        inherited.forEach((worker, shards) -> {
            if (shards.stream().anyMatch(taken::contains)) {
                doubles.add(worker);
            } else {
                taken.addAll(shards);
            }
        });
        for (String worker : doubles) {
            inherited.remove(worker);
            crew.ask(worker, new PipelineStage.Drop(position, crew.epoch()));
            crew.change(); // what it says of the shards it has dropped belongs to an epoch that is over
        }
    }

    // ---- before the first step, and after the last copy of the state was lost ---------------------------------------

    /// @param early who is here already: what they are is known once the position is
    private Behavior<Command> opening(List<Arrived> early) {
        writer.tell(new CheckpointWriter.FindNewest(job, context.getSelf()));
        return state(
                "opening",
                Waiting.forNobody(),
                own ->
                        own.onMessage(
                                        Arrived.class,
                                        arrived -> {
                                            seat(arrived);
                                            early.add(arrived);
                                            return Behaviors.same();
                                        })
                                .onMessage(
                                        CheckpointWriter.Found.class,
                                        found -> {
                                            found.checkpoint().ifPresent(this::goBackTo);
                                            audience.tell(
                                                    new JobEvent.Started(position, found.checkpoint().isPresent()));
                                            reportedNs = stopwatch.nanos();
                                            early.stream()
                                                    .filter(arrived -> roster.has(arrived.worker()))
                                                    .forEach(this::welcome);
                                            return gathering(found, 0);
                                        }));
    }

    /// Waiting for the workers that the config speaks of; for a while only, once one is there.
    private Behavior<Command> gathering(CheckpointWriter.Found found, int ticks) {
        if (roster.seats().size() >= job.workers() || ticks > GRACE_TICKS) {
            return found.checkpoint().isPresent() ? loading(found) : betweenSteps();
        }
        return state(
                "gathering",
                Waiting.forNobody(),
                own ->
                        own.onMessage(
                                        Arrived.class,
                                        arrived -> {
                                            welcome(arrived);
                                            return gathering(found, ticks);
                                        })
                                .onMessage(
                                        Tick.class,
                                        tick -> gathering(found, roster.seats().isEmpty() ? 0 : ticks + 1)));
    }

    /// Nobody holds the state any more. A checkpoint that is under way is waited for: it is the newest, and would come
    /// to light behind the back of a job that has gone on from an older one.
    private Behavior<Command> recovering() {
        if (!checkpoints.isIdle()) {
            return awaitingWriter();
        }
        audience.tell(new JobEvent.RungTried(Rung.LOAD_CHECKPOINT, position, "the newest valid checkpoint"));
        writer.tell(new CheckpointWriter.FindNewest(job, context.getSelf()));
        return state(
                "recovering",
                Waiting.forNobody(),
                own ->
                        own.onMessage(
                                CheckpointWriter.Found.class,
                                found -> {
                                    found.checkpoint().ifPresentOrElse(this::goBackTo, this::goBackToStart);
                                    return found.checkpoint().isPresent() ? loading(found) : betweenSteps();
                                }));
    }

    private Behavior<Command> awaitingWriter() {
        Supplier<Collection<String>> owing = () -> roster.workers().stream().filter(checkpoints::isAwaiting).toList();
        return state(
                "awaitingWriter",
                new Waiting(owing, WHOLE_STATE, worker -> recovering()),
                own ->
                        own.onMessage(
                                        CheckpointWriter.Durable.class,
                                        durable -> {
                                            published(durable);
                                            return recovering();
                                        })
                                .onMessage(
                                        CheckpointWriter.NotWritten.class,
                                        failed -> {
                                            notPublished(failed);
                                            return recovering();
                                        })
                                .onMessage(
                                        WriterGone.class,
                                        gone -> {
                                            checkpoints.writerIsGone();
                                            return recovering();
                                        }));
    }

    private void goBackTo(CheckpointWriter.Checkpoint checkpoint) {
        position = checkpoint.step();
        history = checkpoint.history();
        reported = position - 1;
        checkpoints.wentBackTo(position);
    }

    /// Fresh replicas hold the initial weights: whoever is here and does not is started anew.
    private void goBackToStart() {
        position = 0;
        history = LossHistory.EMPTY;
        reported = -1;
        checkpoints.wentBackTo(0);
        audience.tell(new JobEvent.StateLoaded(0, "the initial weights", List.of()));
        for (Roster.Seat seat : roster.seats()) {
            roster.leave(seat.worker());
            seat.device().tell(new GpuWorker.Abandon(job.id(), inheritance.incarnation(), "the job begins anew"));
        }
    }

    /// One worker takes the state from the checkpoint; the others will receive it from that one.
    private Behavior<Command> loading(CheckpointWriter.Found found) {
        if (roster.seats().isEmpty()) {
            return waitingForWorkers(() -> loading(found));
        }
        CheckpointWriter.Checkpoint checkpoint = found.checkpoint().orElseThrow();
        String first = roster.newcomers().getFirst();
        crew.openEpoch(position, "loading checkpoint " + checkpoint.id(), List.of(first));
        crew.ask(first, new PipelineStage.LoadCheckpoint(crew.epoch(), checkpoint));
        return state(
                "loading",
                new Waiting(
                        () -> List.of(first),
                        WHOLE_STATE,
                        worker -> worker.equals(first) ? loading(found) : Behaviors.same()),
                own ->
                        own.onMessage(
                                Ready.class,
                                ready -> {
                                    if (ready.epoch() != crew.epoch()) {
                                        return Behaviors.same();
                                    }
                                    crew.joined(first, position);
                                    audience.tell(new JobEvent.StateLoaded(position, checkpoint.id(), found.damaged()));
                                    return betweenSteps();
                                }));
    }

    private Behavior<Command> waitingForWorkers(Supplier<Behavior<Command>> next) {
        return state(
                "waitingForWorkers",
                Waiting.forNobody(),
                own ->
                        own.onMessage(
                                Arrived.class,
                                arrived -> {
                                    welcome(arrived);
                                    return next.get();
                                }));
    }

    // ---- between steps: all of the last one is committed, nothing of the next is begun

    /// The one place where the job's course is decided.
    private Behavior<Command> betweenSteps() {
        if (position < job.steps()) {
            if (isTheLastCopyLeaving()) {
                return savingTheLastCopy();
            }
            dismissLeavers();
        }
        if (roster.seats().isEmpty() && position == 0) {
            return waitingForWorkers(this::betweenSteps);
        }
        if (roster.holders().isEmpty()) {
            return recovering();
        }
        if (!roster.newcomers().isEmpty()) {
            return welcoming();
        }
        if (position >= job.steps() || stopping) {
            return closing();
        }
        if (checkpoints.isDue(position)) {
            takeSnapshot();
        }
        return beginning();
    }

    /// Whether nobody would hold the state, in memory or durable, once all have gone whose nodes leave.
    private boolean isTheLastCopyLeaving() {
        return !roster.holders().isEmpty()
                && roster.workers().stream().allMatch(this::isLeaving)
                && !checkpoints.isDurable(position);
    }

    /// A newcomer that stays gets the state before the last one goes that holds it.
    private void dismissLeavers() {
        List<String> leavers = roster.workers().stream().filter(this::isLeaving).toList();
        boolean someNeedThem = leavers.containsAll(roster.holders()) && leavers.size() < roster.workers().size();
        for (String worker : leavers) {
            if (!someNeedThem || !roster.holders().contains(worker)) {
                leaving.remove(worker);
                checkpoints.left(worker);
                balance.forget(worker);
                stragglers.forget(worker);
                crew.dismiss(worker, position);
            }
        }
    }

    private boolean isLeaving(String worker) {
        return roster.seat(worker).device().equals(leaving.get(worker));
    }

    /// All nodes leave: whoever comes later finds a checkpoint of this very step.
    private Behavior<Command> savingTheLastCopy() {
        takeSnapshot();
        Supplier<Collection<String>> owing = () -> roster.holders().stream().filter(checkpoints::isAwaiting).toList();
        return state(
                "savingTheLastCopy",
                new Waiting(owing, WHOLE_STATE, worker -> betweenSteps()),
                own ->
                        own.onMessage(
                                        CheckpointWriter.Durable.class,
                                        durable -> {
                                            published(durable);
                                            return betweenSteps();
                                        })
                                .onMessage(
                                        CheckpointWriter.NotWritten.class,
                                        failed -> {
                                            notPublished(failed);
                                            dismissLeavers(); // what is durable already must do
                                            return betweenSteps();
                                        })
                                .onMessage(
                                        WriterGone.class,
                                        gone -> {
                                            checkpoints.writerIsGone();
                                            return betweenSteps();
                                        }));
    }

    /// Newcomers receive the state from those that hold it, each from another as far as there are enough.
    private Behavior<Command> welcoming() {
        SortedSet<String> newcomers = new TreeSet<>(roster.newcomers());
        List<String> donors = roster.holders();
        crew.openEpoch(position, "state for " + String.join(", ", newcomers), roster.workers());
        long patienceNs = crew.patienceNs(WHOLE_STATE) + crew.longestTurnNs();
        int next = 0;
        for (String newcomer : newcomers) {
            String donor = donors.get(next++ % donors.size());
            long operation = - ++transfers; // below zero, since steps number the all-reduces
            audience.tell(new JobEvent.RungTried(Rung.REBUILD_FROM_PEER, position, newcomer + " from " + donor));
            crew.ask(donor, new PipelineStage.SendState(crew.epoch(), operation, newcomer, position, patienceNs));
            crew.ask(
                    newcomer,
                    new PipelineStage.ReceiveState(crew.epoch(), operation, donor, position, history, patienceNs));
        }
        return receiving(newcomers);
    }

    private Behavior<Command> receiving(SortedSet<String> awaited) {
        Waiting waiting = new Waiting(() -> awaited, 2 * WHOLE_STATE, this::withoutNewcomer);
        return state(
                "receiving",
                waiting,
                own ->
                        own.onMessage(
                                        Ready.class,
                                        ready -> {
                                            if (ready.epoch() != crew.epoch() || !awaited.remove(ready.worker())) {
                                                return Behaviors.same();
                                            }
                                            unserved = 0;
                                            crew.joined(ready.worker(), position);
                                            return awaited.isEmpty() ? betweenSteps() : Behaviors.same();
                                        })
                                .onMessage(
                                        PeerFailed.class,
                                        failed ->
                                                failed.epoch() == crew.epoch() && crew.hasQueued(failed)
                                                        ? betweenSteps() // neither is to blame: once more
                                                        : peerFailed(failed, waiting)));
    }

    /// Newcomers are given up sooner than the last copy of the state; but one that serves none of them is no copy.
    private Behavior<Command> withoutNewcomer(String lost) {
        List<String> holders = roster.holders();
        if (!holders.equals(List.of(lost)) && holders.size() == 1 && ++unserved >= UNSERVED) {
            unserved = 0;
            lose(holders.getFirst(), UNSERVED + " newcomers in a row waited in vain for its state");
        }
        return betweenSteps();
    }

    private void takeSnapshot() {
        if (checkpoints.isIdle()) {
            String worker = roster.holders().getFirst();
            checkpoints.asked(worker, position);
            crew.ask(worker, new PipelineStage.TakeSnapshot(crew.epoch(), position));
        }
    }

    // ---- a step

    private Behavior<Command> beginning() {
        dropDoubles();
        if (crew.hasChanged()) {
            crew.openEpoch(
                    position,
                    "step " + position + " begins with " + roster.holders().size() + " workers",
                    roster.holders());
        }
        Assignment assignment = new Assignment(job.shards());
        SortedMap<String, List<Integer>> plan =
                inherited.isEmpty()
                        ? balance.plan(roster.holders())
                        : Planner.planAround(job.shards(), inherited, balance.secondsPerShard(roster.holders()));
        inherited.clear();
        plan.forEach((worker, shards) -> order(assignment, worker, shards));
        return computing(assignment);
    }

    private Behavior<Command> computing(Assignment assignment) {
        return state(
                "computing",
                new Waiting(assignment::owing, 1, worker -> reassign(assignment, worker)),
                own ->
                        own.onMessage(
                                Computed.class,
                                computed -> {
                                    if (computed.epoch() != crew.epoch() || computed.step() != position) {
                                        return Behaviors.same();
                                    }
                                    if (assignment.computed(computed.worker(), computed.shard(), computed.loss())) {
                                        crew.hasWorked(computed.worker());
                                        balance.computed(computed.worker(), computed.seconds());
                                    }
                                    crew.heard(computed.worker());
                                    return assignment.isComplete() ? reducing(assignment) : Behaviors.same();
                                }));
    }

    private Behavior<Command> reducing(Assignment assignment) {
        ShardLoss total = assignment.total();
        for (String worker : roster.holders()) {
            crew.ask(worker, new PipelineStage.Reduce(position, crew.epoch(), total, crew.patienceNs(1)));
        }
        return voting(assignment, total, new Tally(roster.holders()));
    }

    private Behavior<Command> voting(Assignment assignment, ShardLoss total, Tally tally) {
        return state(
                "voting",
                new Waiting(tally::missing, WHOLE_SUM, worker -> reassign(assignment, worker)),
                own ->
                        own.onMessage(
                                Voted.class,
                                voted -> {
                                    if (voted.epoch() != crew.epoch() || voted.step() != position) {
                                        return Behaviors.same();
                                    }
                                    crew.heard(voted.worker());
                                    tally.vote(voted.worker(), voted.examined());
                                    return tally.isComplete()
                                            ? settle(assignment, total, tally.verdict())
                                            : Behaviors.same();
                                }));
    }

    private Behavior<Command> settle(Assignment assignment, ShardLoss total, Tally.Verdict verdict) {
        return switch (verdict) {
            case Tally.Commit(Examined examined) -> commit(assignment, total, examined);
            case Tally.NotFinite(double norm) -> {
                String numbers = "the loss is " + total.loss() + " and the gradient norm " + norm;
                yield position == doubted
                        ? fail(
                                "step "
                                        + position
                                        + ": "
                                        + numbers
                                        + "; look at the data of this step, or lower the learning rate")
                        : onceMore(numbers);
            }
            case Tally.Outvoted(List<String> workers) -> {
                String evidence = "its sum of gradients differs from that of the majority";
                audience.tell(
                        new JobEvent.StepDropped(position, crew.epoch(), String.join(", ", workers) + ": " + evidence));
                workers.forEach(worker -> lose(worker, evidence));
                yield betweenSteps();
            }
            case Tally.Split() -> {
                audience.tell(
                        new JobEvent.StepDropped(
                                position,
                                crew.epoch(),
                                "the replicas' sums of gradients differ, and none has a majority"));
                failuresWithoutProgress++;
                roster.nobodyHolds();
                yield isHopeless()
                        ? fail("step " + position + ": the replicas differ whenever it is computed")
                        : recovering();
            }
        };
    }

    /// No number may be a device's slip as well as the data's fault: the step is forgotten, and computed anew by all.
    private Behavior<Command> onceMore(String reason) {
        doubted = position;
        audience.tell(new JobEvent.StepDropped(position, crew.epoch(), reason));
        roster.holders().forEach(worker -> crew.ask(worker, new PipelineStage.Drop(position, crew.epoch())));
        crew.openEpoch(position, "step " + position + " is computed once more", roster.holders());
        return betweenSteps();
    }

    private Behavior<Command> commit(Assignment assignment, ShardLoss total, Examined examined) {
        if (!quorum.isHeld()) {
            return cutOff(assignment, total, examined);
        }
        roster.holders().forEach(worker -> crew.ask(worker, new PipelineStage.Apply(position, crew.epoch(), total)));
        history = history.then(position, total.loss(), examined.gradientNorm());
        balance.endStep();
        stragglers.watch(position, balance.measured(roster.holders())).forEach(audience::tell);
        position++;
        if (position > furthest) { // a step that is committed once more after a rollback is no progress
            furthest = position;
            failuresWithoutProgress = 0;
        }
        return betweenSteps();
    }

    /// Whoever is on the other side may be committing this very step, and more: this one waits until the cluster knows.
    private Behavior<Command> cutOff(Assignment assignment, ShardLoss total, Examined examined) {
        return state(
                "cutOff",
                new Waiting(List::of, 1, worker -> reassign(assignment, worker)),
                own ->
                        own.onMessage(
                                Tick.class,
                                tick -> quorum.isHeld() ? commit(assignment, total, examined) : Behaviors.same()));
    }

    /// Gives a lost worker's shards to the others. What they hold already, they keep.
    private Behavior<Command> reassign(Assignment assignment, String worker) {
        SortedSet<Integer> orphans = assignment.lose(worker);
        if (roster.holders().isEmpty()) {
            return betweenSteps();
        }
        crew.openEpoch(position, worker + " was lost in step " + position, roster.holders());
        SortedMap<String, Integer> owed = new TreeMap<>();
        roster.holders().forEach(survivor -> owed.put(survivor, assignment.owed(survivor)));
        Planner.handOver(orphans, owed, balance.secondsPerShard(roster.holders()))
                .forEach((survivor, shards) -> {
                    audience.tell(new JobEvent.ShardsMoved(position, crew.epoch(), shards, survivor));
                    order(assignment, survivor, shards);
                });
        return assignment.isComplete() ? reducing(assignment) : computing(assignment);
    }

    private void order(Assignment assignment, String worker, List<Integer> shards) {
        assignment.give(worker, shards);
        crew.ask(worker, new PipelineStage.Compute(position, crew.epoch(), shards));
    }

    // ---- the end

    /// All steps are committed, or a stop was asked for: the last checkpoint, then the hash.
    private Behavior<Command> closing() {
        if (checkpoints.isDurable(position)) {
            roster.holders().forEach(worker -> crew.ask(worker, new PipelineStage.Digest(position)));
            return digesting(new TreeMap<>());
        }
        takeSnapshot();
        Supplier<Collection<String>> owing = () -> roster.holders().stream().filter(checkpoints::isAwaiting).toList();
        return state(
                "closing",
                new Waiting(owing, WHOLE_STATE, worker -> betweenSteps()),
                own ->
                        own.onMessage(
                                        CheckpointWriter.Durable.class,
                                        durable -> {
                                            published(durable);
                                            return betweenSteps();
                                        })
                                .onMessage(
                                        CheckpointWriter.NotWritten.class,
                                        failed -> {
                                            notPublished(failed);
                                            return failed.step() == position ? fail(failed.sentence()) : betweenSteps();
                                        })
                                .onMessage(
                                        WriterGone.class,
                                        gone -> {
                                            checkpoints.writerIsGone();
                                            return betweenSteps();
                                        }));
    }

    private Behavior<Command> digesting(SortedMap<String, String> hashes) {
        hashes.keySet().retainAll(new HashSet<>(roster.holders())); // a set: there may be thousands
        if (roster.holders().isEmpty()) {
            return betweenSteps();
        }
        if (hashes.size() == roster.holders().size()) {
            return finished(hashes);
        }
        Supplier<Collection<String>> owing =
                () -> roster.holders().stream().filter(worker -> !hashes.containsKey(worker)).toList();
        return state(
                "digesting",
                new Waiting(owing, WHOLE_STATE, worker -> digesting(hashes)),
                own ->
                        own.onMessage(
                                Digested.class,
                                digested -> {
                                    crew.heard(digested.worker());
                                    hashes.put(digested.worker(), digested.hash());
                                    return digesting(hashes);
                                }));
    }

    private Behavior<Command> finished(SortedMap<String, String> hashes) {
        if (new HashSet<>(hashes.values()).size() > 1) {
            return fail("the replicas hold different states after " + position + " steps: " + hashes);
        }
        boolean complete = position >= job.steps();
        audience.tell(
                complete
                        ? new JobEvent.Finished(position, hashes.get(hashes.firstKey()))
                        : new JobEvent.Stopped(position));
        return end();
    }

    private Behavior<Command> fail(String diagnosis) {
        audience.tell(new JobEvent.RungTried(Rung.STOP, position, diagnosis));
        audience.tell(new JobEvent.Failed(position, diagnosis));
        return end();
    }

    private Behavior<Command> end() {
        devices.forEach(device -> device.tell(new GpuWorker.Release(job.id(), inheritance.incarnation())));
        return Behaviors.stopped();
    }

    // ---- what every state hears

    /// A state: what it hears itself comes first, then what all of them hear.
    private Behavior<Command> state(String name, Waiting waiting, UnaryOperator<BehaviorBuilder<Command>> own) {
        return State.named(name, hearing(waiting, own));
    }

    private Behavior<Command> hearing(Waiting waiting, UnaryOperator<BehaviorBuilder<Command>> own) {
        return own.apply(Behaviors.receive(Command.class))
                .onMessage(Listed.class, this::host)
                .onMessage(
                        Arrived.class,
                        arrived -> {
                            seat(arrived); // a newcomer, until the step in flight is over
                            return Behaviors.same();
                        })
                .onMessage(StageFailed.class, failed -> lost(failed.worker(), failed.sentence(), waiting))
                .onMessage(
                        Leaving.class,
                        departing -> {
                            leaving.put(departing.worker(), departing.device());
                            return Behaviors.same();
                        })
                .onMessage(PeerFailed.class, failed -> peerFailed(failed, waiting))
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
                            checkpoints.taken(taken.step(), taken.stallSeconds());
                            writing = Optional.of(taken.writer());
                            context.watch(taken.writer());
                            audience.tell(new JobEvent.SnapshotTaken(taken.step(), taken.stallSeconds()));
                            return Behaviors.same();
                        })
                .onMessage(CheckpointWriter.Durable.class, this::published)
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
                .onMessage(Unrecoverable.class, given -> fail(given.sentence()))
                .onMessage(NodeGone.class, this::loseNode)
                .onMessage(
                        Stop.class,
                        stop -> {
                            stopping = true;
                            return roster.holders().isEmpty() ? stopWithoutCheckpoint() : Behaviors.same();
                        })
                .onMessage(Cancel.class, cancel -> stopWithoutCheckpoint())
                .onMessage(Tick.class, tick -> listen(waiting))
                .onMessage(Command.class, late -> Behaviors.same()) // an answer to a question that is settled
                .onSignal(
                        Terminated.class,
                        stopped -> {
                            if (writing.filter(writer -> writer.path().equals(stopped.getRef().path())).isPresent()) {
                                context.getSelf().tell(new WriterGone());
                            }
                            devices.remove(stopped.getRef().<GpuWorker.Command>unsafeUpcast());
                            return roster.sittingOn(stopped.getRef())
                                    .map(seat -> lost(seat.worker(), "its worker was stopped", waiting))
                                    .orElse(Behaviors.same());
                        })
                .build();
    }

    private Behavior<Command> host(Listed listed) {
        listed.devices().stream()
                .sorted()
                .filter(devices::add)
                .forEach(device -> {
                    context.watch(device);
                    device.tell(new GpuWorker.Host(job, inheritance.incarnation(), context.getSelf()));
                });
        return Behaviors.same();
    }

    /// One worker after the other, each in the state that the one before has led to.
    private Behavior<Command> loseNode(NodeGone gone) {
        quorum.silent(gone.address().toString());
        roster.seats().stream()
                .filter(seat -> seat.device().path().address().equals(gone.address()))
                .forEach(seat -> context.getSelf().tell(new StageFailed(seat.worker(), gone.evidence())));
        return Behaviors.same();
    }

    private Behavior<Command> listen(Waiting waiting) {
        return crew.silent(waiting.owing().get(), waiting.pieces())
                .map(worker -> silent(worker, silence(crew.patienceNs(worker, waiting.pieces())), waiting))
                .orElse(Behaviors.same());
    }

    private static String silence(long patienceNs) {
        return "silent for " + patienceNs / 1_000_000 + " ms, beyond the job's own pace";
    }

    private Behavior<Command> peerFailed(PeerFailed failed, Waiting waiting) {
        return failed.epoch() == crew.epoch()
                ? silent(failed.peer(), failed.evidence() + ", says " + failed.worker(), waiting)
                : Behaviors.same();
    }

    /// It did not say so itself: it may be cut off.
    private Behavior<Command> silent(String worker, String evidence, Waiting waiting) {
        if (roster.has(worker)) {
            quorum.silent(crew.node(roster.seat(worker).device()));
        }
        crew.gaveUp(worker);
        return lost(worker, evidence, waiting);
    }

    private Behavior<Command> lost(String worker, String evidence, Waiting waiting) {
        failuresWithoutProgress++;
        boolean wasHere = lose(worker, evidence);
        if (isHopeless()) {
            return fail(
                    "step %d failed %d times in a row, at last because of %s: %s"
                            .formatted(position, failuresWithoutProgress, worker, evidence));
        }
        return wasHere ? waiting.lost().apply(worker) : Behaviors.same();
    }

    private boolean lose(String worker, String evidence) {
        checkpoints.lost(worker);
        balance.forget(worker);
        stragglers.forget(worker);
        return crew.lose(worker, evidence, position);
    }

    private boolean isHopeless() {
        return failuresWithoutProgress >= HOPELESS * Math.max(3, job.workers());
    }

    private Behavior<Command> stopWithoutCheckpoint() {
        audience.tell(new JobEvent.Stopped(position));
        return end();
    }

    private Behavior<Command> report(Applied applied) {
        Committed step = applied.committed();
        // What another supervisor committed was found out when this one took over.
        boolean own = Epoch.incarnation(applied.epoch()) == inheritance.incarnation();
        if (own && step.step() == reported + 1) {
            reported++;
            long nowNs = stopwatch.nanos();
            checkpoints.stepped((nowNs - reportedNs) / 1e9);
            tell(step, applied.epoch(), (nowNs - reportedNs) / 1e9);
            reportedNs = nowNs;
        }
        return Behaviors.same();
    }

    private void tell(Committed step, long epoch, double seconds) {
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

    private Behavior<Command> published(CheckpointWriter.Durable written) {
        checkpoints.durable(written.step(), written.seconds());
        audience.tell(
                new JobEvent.CheckpointDurable(
                        written.step(), written.checkpoint(), written.bytes(), written.seconds()));
        return Behaviors.same();
    }

    private Behavior<Command> notPublished(CheckpointWriter.NotWritten failed) {
        checkpoints.notWritten(failed.step());
        audience.tell(new JobEvent.CheckpointFailed(failed.step(), failed.sentence()));
        return Behaviors.same();
    }

    private boolean seat(Arrived arrived) {
        var seated = crew.seat(arrived);
        if (seated) {
            quorum.heard(crew.node(arrived.device()));
        }
        return seated;
    }

    /// Between steps a fresh replica of a job that has not begun is no newcomer: it holds the state.
    private void welcome(Arrived arrived) {
        if (seat(arrived) && arrived.holding().step() == position && arrived.holding().history().equals(history)) {
            crew.joined(arrived.worker(), position);
        }
    }
}
