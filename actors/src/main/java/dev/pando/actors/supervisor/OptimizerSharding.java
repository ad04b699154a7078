package dev.pando.actors.supervisor;

import dev.pando.actors.checkpoint.CheckpointSchedule;
import dev.pando.actors.checkpoint.CheckpointWriter;
import dev.pando.actors.job.Inbox;
import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.JobEvent.Rung;
import dev.pando.actors.job.JobSpec;
import dev.pando.actors.job.MomentPlacement;
import dev.pando.actors.job.ReplicaInventory;
import dev.pando.actors.planning.MomentPlacementPlanner;
import dev.pando.actors.stage.PipelineStage;
import dev.pando.actors.stage.PipelineStage.Apply;
import dev.pando.actors.stage.StageReport.Hashed;
import dev.pando.actors.stage.StageReport.PeerFailed;
import dev.pando.actors.stage.StageReport.Ready;
import dev.pando.actors.stage.StageReport.SnapshotTaken;
import dev.pando.training.step.Trainer.ShardLoss;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
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
final class OptimizerSharding {
    private static final long MOST_TRANSFERS = 1L << 24; // of one order
    private static final int NAMED_BEFORE = 3; // patiences with an exchange: workers name whom they wait for within two

    private final SupervisorContext lead;
    private final JobSpec job;
    private final ActorRef<JobEvent> audience;
    private final WorkerGroup crew;
    private final WorkerRegistry roster;
    private final JobProgress course;
    private final CheckpointSchedule checkpoints;

    private MomentPlacement placement = MomentPlacement.none(); // of the moments of the job's state as it is now
    private List<String> settled = List.of(); // workers among whom it is as it should be
    private int cut; // spans that there are; 0 before there is a replica
    private long exchanges;
    private long forgotten; // the epoch in which a state was given up that some had applied steps to

    OptimizerSharding(SupervisorContext lead) {
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
    void arrived(ReplicaInventory holding) {
        holding.share().ifPresent(share -> cut = share.cut());
    }

    /// The worker has all moments of a checkpoint.
    void loaded(String worker) {
        if (isOn()) {
            SortedSet<Integer> all = MomentPlacement.none().lost(cut);
            placement = MomentPlacement.none().with(worker, all);
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
            if (!roster.holders().isEmpty() && !isCoveredBy(placement)) {
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

    /// Before the first step all moments are 0.
    private boolean isCoveredBy(MomentPlacement some) {
        return course.position() == 0 || some.lost(cut).isEmpty();
    }

    private void giveUp() {
        audience.tell(
                new JobEvent.RungTried(
                        Rung.REBUILD_FROM_PEER,
                        course.position(),
                        "in vain: nobody is left who holds the moments of %d of %d spans"
                                .formatted(placement.lost(cut).size(), cut)));
        roster.nobodyHolds();
        placement = MomentPlacement.none();
        forgotten = crew.epoch();
    }

    /// Whether a step that was applied in that epoch is one of the job's still.
    boolean counts(long epoch) {
        return epoch > forgotten;
    }

    /// The workers of the supervisor before hold this.
    ///
    /// @return whether all is well; else the last step has yet to reach everybody, by [#catchingUp]
    boolean inherit(HoldingsSurvey muster) {
        placement = muster.placement();
        settled = List.of();
        if (!isCoveredBy(placement)) {
            giveUp();
        }
        return roster.holders().isEmpty() || !muster.isUneven();
    }

    /// Some have applied the last step whose supervisor was lost, and others have not, or not heard of all weights.
    Behavior<Inbox> catchingUp(HoldingsSurvey muster) {
        crew.openEpoch(course.position(), "step " + (course.position() - 1) + " goes to everybody", roster.holders());
        return updating(course.position() - 1, muster.total());
    }

    /// The step is committed: its holders update each span, and everybody gets all weights.
    ///
    /// @param order to apply the step, or to skip it
    Behavior<Inbox> updating(long step, PipelineStage.Command order) {
        if (crew.hasChanged()) {
            crew.openEpoch(step, "step " + step + " is applied by those who are left", roster.holders());
        }
        return updating(step, order instanceof Apply apply ? Optional.of(apply.total()) : Optional.empty());
    }

    private Behavior<Inbox> updating(long step, Optional<ShardLoss> total) {
        SortedSet<String> awaited = new TreeSet<>(roster.holders());
        long operation = nextOperation();
        long patienceNs = patienceNs(awaited.size());
        MomentPlacement now = among(roster.holders());
        for (String worker : roster.holders()) {
            crew.ask(worker, new PipelineStage.Update(step, crew.epoch(), total, now, operation, patienceNs));
        }
        Function<String, Behavior<Inbox>> again = worker -> updatingAgain(step, total, worker + " was lost");
        PendingReplies waiting = new PendingReplies(() -> awaited, NAMED_BEFORE * pieces(awaited.size()), again);
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

    private Behavior<Inbox> updatingAgain(long step, Optional<ShardLoss> total, String reason) {
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
    Behavior<Inbox> regrouping(Collection<String> workers) {
        SortedSet<String> stay = new TreeSet<>(workers);
        List<String> donors = roster.holders();
        List<String> newcomers = roster.newcomers().stream().filter(stay::contains).toList();
        MomentPlacement from = course.position() == 0 ? MomentPlacement.none() : among(donors);
        MomentPlacement to = MomentPlacementPlanner.plan(from, stay, cut, job.optimizerCopies());
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

    private void tellWhatMoves(MomentPlacement from, MomentPlacement to, List<String> newcomers) {
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
                            "of %d spans of the moments %s".formatted(cut, String.join(", ", takers))));
        }
    }

    private Behavior<Inbox> exchanging(SortedSet<String> awaited, List<String> newcomers, MomentPlacement to) {
        PendingReplies waiting =
                new PendingReplies(() -> awaited, NAMED_BEFORE * pieces(awaited.size()), lead.between::withoutNewcomer);
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

    private Behavior<Inbox> regrouped(List<String> newcomers, MomentPlacement to) {
        newcomers.forEach(lead.between::served);
        placement = to;
        settled = to.workers();
        to.workers().forEach(worker -> crew.ask(worker, new PipelineStage.Keep(crew.epoch(), to.of(worker))));
        return lead.between.betweenSteps();
    }

    /// The state is put together by one worker, which has it written while training goes on. A state that is whole is
    /// copied by one that has it.
    Behavior<Inbox> takingSnapshot(Supplier<Behavior<Inbox>> next) {
        if (!isOn()) {
            lead.takeSnapshot();
        }
        return isOn() && checkpoints.isIdle() ? collecting(next) : next.get();
    }

    private Behavior<Inbox> collecting(Supplier<Behavior<Inbox>> next) {
        String collector = roster.holders().getFirst();
        checkpoints.asked(collector, course.position());
        collect(collector, true);
        return lead.state(
                "collecting",
                new PendingReplies(
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
    Behavior<Inbox> hashing(Function<String, Behavior<Inbox>> next) {
        String collector = roster.holders().getFirst();
        collect(collector, false);
        return lead.state(
                "hashing",
                new PendingReplies(
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
        MomentPlacement now = among(roster.holders());
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
        return workers == 1 ? 1 : PendingReplies.WHOLE_STATE * (1 + workers / 4);
    }

    /// All of these, whether they hold something or not, and nobody else.
    private MomentPlacement among(Collection<String> workers) {
        if (placement.spans().keySet().equals(Set.copyOf(workers))) {
            return placement;
        }
        MomentPlacement among = MomentPlacement.none();
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
