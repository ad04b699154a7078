package dev.pando.actors;

import dev.pando.actors.JobEvent.Rung;
import dev.pando.actors.JobSupervisor.Command;
import dev.pando.actors.JobSupervisor.Hashed;
import dev.pando.actors.JobSupervisor.PeerFailed;
import dev.pando.actors.JobSupervisor.Ready;
import dev.pando.actors.JobSupervisor.SnapshotTaken;
import dev.pando.actors.PipelineStage.Apply;
import dev.pando.training.step.Trainer.ShardLoss;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/// Leads a job whose optimizer state is sharded through what there is to do besides: weights go from those who have
/// updated them to the others, moments are held by so many workers each, and are put together for a checkpoint.
///
/// A state is lost when nobody holds some of its moments any more, however many replicas of the weights there are.
final class Sharding {
    private static final long MOST_TRANSFERS = 1L << 24; // of one order
    private static final int NAMED_BEFORE = 3; // patiences with an exchange: workers name whom they wait for within two

    private final Lead lead;
    private final JobSpec job;
    private final ActorRef<JobEvent> audience;
    private final Crew crew;
    private final Roster roster;
    private final Course course;
    private final Checkpoints checkpoints;

    private Placement placement = Placement.none(); // of the moments of the job's state as it is now
    private List<String> settled = List.of(); // workers among whom it is as it should be
    private int cut; // spans that there are; 0 before there is a replica
    private long exchanges;
    private long forgotten; // the epoch in which a state was given up that some had applied steps to

    Sharding(Lead lead) {
        this.lead = lead;
        this.job = lead.job;
        this.audience = lead.audience;
        this.crew = lead.crew;
        this.roster = lead.roster;
        this.course = lead.course;
        this.checkpoints = lead.checkpoints;
    }

    boolean isOn() {
        return job.isSharded();
    }

    /// A replica is here.
    void arrived(Holding holding) {
        holding.share().ifPresent(share -> cut = share.cut());
    }

    /// The worker has all moments of a checkpoint.
    void loaded(String worker) {
        if (isOn()) {
            SortedSet<Integer> all = Placement.none().lost(cut);
            placement = Placement.none().with(worker, all);
            settled = List.of();
        }
    }

    /// The worker takes part no longer.
    void left(String worker) {
        settled = List.of();
        placement = placement.without(worker);
    }

    /// The worker is gone. Where it was the last holder of something, nobody holds the job's state.
    void lost(String worker) {
        if (isOn()) {
            left(worker);
            if (!roster.holders().isEmpty() && !isCovered()) {
                giveUp();
            }
        }
    }

    /// Whether there is somebody for each span to apply a step to it. Who was distrusted just now may have been the
    /// last one to hold something: before the first step, too, whose moments are lost to nobody and yet held by nobody.
    boolean mayUpdate() {
        return !isOn() || !roster.holders().isEmpty() && placement.lost(cut).isEmpty();
    }

    /// Whether the job can go on without the worker: one that stands still may be the only one who holds something.
    boolean canSpare(String worker) {
        return !isOn() || isCoveredBy(placement.without(worker));
    }

    private boolean isCovered() {
        return isCoveredBy(placement);
    }

    /// Before the first step all moments are 0.
    private boolean isCoveredBy(Placement some) {
        return course.position() == 0 || some.lost(cut).isEmpty();
    }

    private void giveUp() {
        audience.tell(
                new JobEvent.RungTried(
                        Rung.REBUILD_FROM_PEER,
                        course.position(),
                        String.format(
                                Locale.ROOT,
                                "in vain: nobody is left who holds the moments of %d of %d spans",
                                placement.lost(cut).size(),
                                cut)));
        roster.nobodyHolds();
        placement = Placement.none();
        forgotten = crew.epoch();
    }

    /// Whether a step that was applied in that epoch is one of the job's still.
    boolean counts(long epoch) {
        return epoch > forgotten;
    }

    /// The workers of the supervisor before hold this.
    ///
    /// @return whether all is well; else the last step has yet to reach everybody, by [#catchingUp]
    boolean inherit(Muster muster) {
        placement = muster.placement();
        settled = List.of();
        if (!isCovered()) {
            giveUp();
        }
        return roster.holders().isEmpty() || !muster.isUneven();
    }

    /// Some have applied the last step whose supervisor was lost, and others have not, or not heard of all weights.
    Behavior<Command> catchingUp(Muster muster) {
        crew.openEpoch(course.position(), "step " + (course.position() - 1) + " goes to everybody", roster.holders());
        return updating(course.position() - 1, muster.total());
    }

    /// The step is committed: its holders update each span, and everybody gets all weights.
    ///
    /// @param order to apply the step, or to skip it
    Behavior<Command> updating(long step, PipelineStage.Command order) {
        if (crew.hasChanged()) {
            crew.openEpoch(step, "step " + step + " is applied by those who are left", roster.holders());
        }
        return updating(step, order instanceof Apply apply ? Optional.of(apply.total()) : Optional.empty());
    }

    private Behavior<Command> updating(long step, Optional<ShardLoss> total) {
        SortedSet<String> awaited = new TreeSet<>(roster.holders());
        long operation = nextOperation();
        long patienceNs = patienceNs(awaited.size());
        Placement now = among(roster.holders());
        for (String worker : roster.holders()) {
            crew.ask(worker, new PipelineStage.Update(step, crew.epoch(), total, now, operation, patienceNs));
        }
        Function<String, Behavior<Command>> again = worker -> updatingAgain(step, total, worker + " was lost");
        Waiting waiting = new Waiting(() -> awaited, NAMED_BEFORE * pieces(awaited.size()), again);
        return lead.state(
                "updating",
                waiting,
                own ->
                        own.onMessage(
                                        Ready.class,
                                        ready -> {
                                            if (ready.epoch() != crew.epoch() || !awaited.remove(ready.worker())) {
                                                return Behaviors.same();
                                            }
                                            crew.heard(ready.worker());
                                            return awaited.isEmpty() ? lead.between.betweenSteps() : Behaviors.same();
                                        })
                                .onMessage(
                                        PeerFailed.class,
                                        failed ->
                                                failed.epoch() == crew.epoch() && crew.hasQueued(failed)
                                                        ? updatingAgain(step, total, "others had their turn")
                                                        : lead.losses.peerFailed(failed, waiting)));
    }

    private Behavior<Command> updatingAgain(long step, Optional<ShardLoss> total, String reason) {
        if (roster.holders().isEmpty()) {
            return lead.between.betweenSteps();
        }
        crew.openEpoch(course.position(), reason + " while step " + step + " was applied", roster.holders());
        return updating(step, total);
    }

    /// Whether moments have to move, so that these workers hold them as they should, or somebody has no state yet.
    boolean isUnsettled(Collection<String> workers) {
        return !settled.equals(List.copyOf(new TreeSet<>(workers)));
    }

    /// Newcomers receive all weights, and everybody the moments that he is to hold.
    ///
    /// @param workers who stay
    Behavior<Command> regrouping(Collection<String> workers) {
        SortedSet<String> stay = new TreeSet<>(workers);
        List<String> donors = roster.holders();
        List<String> newcomers = roster.newcomers().stream().filter(stay::contains).toList();
        Placement from = course.position() == 0 ? Placement.none() : among(donors);
        Placement to = PlacementPlanner.plan(from, stay, cut, job.optimizerCopies());
        SortedSet<String> awaited = new TreeSet<>(donors);
        awaited.addAll(newcomers);
        crew.openEpoch(course.position(), reason(newcomers), awaited);
        tellWhatMoves(from, to, newcomers);
        long patienceNs = crew.patienceOfDonorsNs(pieces(awaited.size())) + crew.longestTurnNs();
        long ofNewcomersNs = patienceNs(awaited.size());
        long operation = nextOperation();
        for (String worker : awaited) {
            crew.ask(
                    worker,
                    new PipelineStage.Regroup(
                            course.position(),
                            crew.epoch(),
                            course.history(),
                            from,
                            to,
                            donors,
                            newcomers,
                            operation,
                            newcomers.contains(worker) ? ofNewcomersNs : patienceNs));
        }
        return exchanging(awaited, newcomers, to);
    }

    private static String reason(List<String> newcomers) {
        return newcomers.isEmpty()
                ? "the moments are shared anew"
                : "state for " + String.join(", ", newcomers) + ", and the moments are shared anew";
    }

    private void tellWhatMoves(Placement from, Placement to, List<String> newcomers) {
        for (String newcomer : newcomers) {
            audience.tell(
                    new JobEvent.RungTried(
                            Rung.REBUILD_FROM_PEER, course.position(), newcomer + " from those who hold the state"));
        }
        List<String> takers = new ArrayList<>();
        for (String worker : to.workers()) {
            long more = to.of(worker).stream().filter(span -> !from.of(worker).contains(span)).count();
            if (more > 0 && course.position() > 0 && !newcomers.contains(worker)) {
                takers.add(worker + " takes " + more);
            }
        }
        if (!takers.isEmpty()) {
            audience.tell(
                    new JobEvent.RungTried(
                            Rung.REBUILD_FROM_PEER,
                            course.position(),
                            String.format(
                                    Locale.ROOT, "of %d spans of the moments %s", cut, String.join(", ", takers))));
        }
    }

    private Behavior<Command> exchanging(SortedSet<String> awaited, List<String> newcomers, Placement to) {
        Waiting waiting =
                new Waiting(() -> awaited, NAMED_BEFORE * pieces(awaited.size()), lead.between::withoutNewcomer);
        return lead.state(
                "regrouping",
                waiting,
                own ->
                        own.onMessage(
                                        Ready.class,
                                        ready -> {
                                            if (ready.epoch() != crew.epoch() || !awaited.remove(ready.worker())) {
                                                return Behaviors.same();
                                            }
                                            crew.heard(ready.worker());
                                            return awaited.isEmpty() ? regrouped(newcomers, to) : Behaviors.same();
                                        })
                                .onMessage(
                                        PeerFailed.class,
                                        failed ->
                                                failed.epoch() == crew.epoch() && crew.hasQueued(failed)
                                                        ? lead.between.betweenSteps() // neither is to blame: once more
                                                        : lead.losses.peerFailed(failed, waiting)));
    }

    private Behavior<Command> regrouped(List<String> newcomers, Placement to) {
        newcomers.forEach(lead.between::served);
        placement = to;
        settled = to.workers();
        to.workers().forEach(worker -> crew.ask(worker, new PipelineStage.Keep(crew.epoch(), to.of(worker))));
        return lead.between.betweenSteps();
    }

    /// The state is put together by one worker, which has it written while training goes on. A state that is whole is
    /// copied by one that has it.
    Behavior<Command> takingSnapshot(Supplier<Behavior<Command>> next) {
        if (!isOn()) {
            lead.takeSnapshot();
        }
        return isOn() && checkpoints.isIdle() ? collecting(next) : next.get();
    }

    private Behavior<Command> collecting(Supplier<Behavior<Command>> next) {
        String collector = roster.holders().getFirst();
        checkpoints.asked(collector, course.position());
        collect(collector, true);
        return lead.state(
                "collecting",
                new Waiting(
                        () -> List.of(collector),
                        NAMED_BEFORE * pieces(roster.holders().size()),
                        worker ->
                                worker.equals(collector) || roster.holders().isEmpty()
                                        ? lead.between.betweenSteps()
                                        : Behaviors.same()), // the collector says so if that was one too many
                own ->
                        own.onMessage(
                                        SnapshotTaken.class,
                                        taken -> {
                                            lead.snapshotTaken(taken);
                                            return next.get();
                                        })
                                .onMessage(
                                        CheckpointWriter.Durable.class,
                                        written -> {
                                            lead.published(written); // by one that was lost: nobody need write it again
                                            return checkpoints.isDurable(course.position())
                                                    ? lead.between.betweenSteps()
                                                    : Behaviors.same();
                                        })
                                .onMessage(
                                        CheckpointWriter.NotWritten.class,
                                        failed -> {
                                            lead.notPublished(failed);
                                            return lead.between.betweenSteps();
                                        }));
    }

    /// The state is put together once more, for its hash.
    Behavior<Command> hashing(Function<String, Behavior<Command>> next) {
        String collector = roster.holders().getFirst();
        collect(collector, false);
        return lead.state(
                "hashing",
                new Waiting(
                        () -> List.of(collector),
                        NAMED_BEFORE * pieces(roster.holders().size()),
                        worker -> lead.between.betweenSteps()),
                own ->
                        own.onMessage(
                                Hashed.class,
                                hashed ->
                                        hashed.epoch() == crew.epoch() ? next.apply(hashed.hash()) : Behaviors.same()));
    }

    /// Whoever takes over may come to this before anything else.
    private void collect(String collector, boolean written) {
        if (crew.hasChanged()) {
            crew.openEpoch(course.position(), "the state is put together", roster.holders());
        }
        long operation = nextOperation();
        long patienceNs = patienceNs(roster.holders().size());
        Placement now = among(roster.holders());
        for (String worker : roster.holders()) {
            crew.ask(
                    worker,
                    new PipelineStage.Collect(
                            course.position(), crew.epoch(), collector, written, now, operation, patienceNs));
        }
    }

    /// Whom one waits for may be at it with others first: the more there are, the longer.
    private long patienceNs(int workers) {
        return crew.patienceNs(pieces(workers)) + crew.longestTurnNs();
    }

    /// One that is alone exchanges nothing with anybody.
    private static int pieces(int workers) {
        return workers == 1 ? 1 : Waiting.WHOLE_STATE * (1 + workers / 4);
    }

    /// All of these, whether they hold something or not, and nobody else.
    private Placement among(Collection<String> workers) {
        if (placement.spans().keySet().equals(Set.copyOf(workers))) {
            return placement;
        }
        Placement among = Placement.none();
        for (String worker : workers) {
            among = among.with(worker, placement.of(worker));
        }
        return among;
    }

    /// Far below zero, since steps number the all-reduces.
    private long nextOperation() {
        return -MOST_TRANSFERS * ++exchanges;
    }
}
