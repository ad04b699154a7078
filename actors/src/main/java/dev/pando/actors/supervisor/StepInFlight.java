package dev.pando.actors.supervisor;

import dev.pando.actors.job.Inbox;
import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.JobSpec;
import dev.pando.actors.liveness.Quorum;
import dev.pando.actors.planning.Assignment;
import dev.pando.actors.planning.RecomputeCheck;
import dev.pando.actors.planning.ShardBalancer;
import dev.pando.actors.planning.ShardPlanner;
import dev.pando.actors.planning.Stragglers;
import dev.pando.actors.stage.PipelineStage;
import dev.pando.actors.stage.StageReport.Computed;
import dev.pando.actors.stage.StageReport.Voted;
import dev.pando.actors.supervisor.JobSupervisor.Tick;
import dev.pando.training.step.LossHistory;
import dev.pando.training.step.Trainer.Examined;
import dev.pando.training.step.Trainer.ShardLoss;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/// Leads a job through a step: compute, reduce, vote, apply.
///
/// Between compute and apply a worker may be lost at any moment: its batch shards go to the others under a new epoch,
/// and whatever the others hold stays.
final class StepInFlight {
    private static final int WHOLE_SUM = 4; // pieces of work: members name whom they wait for long before

    private final SupervisorContext lead;
    private final JobSpec job;
    private final Quorum quorum;
    private final ActorRef<JobEvent> audience;
    private final WorkerGroup crew;
    private final WorkerRegistry roster;
    private final JobProgress course;
    private final ShardBalancer balance;
    private final Stragglers stragglers;

    private final SortedMap<String, List<Integer>> inherited = new TreeMap<>(); // shards that were found computed
    private final RecomputeCheck doubt = new RecomputeCheck();

    StepInFlight(SupervisorContext lead) {
        this.lead = lead;
        this.job = lead.job;
        this.quorum = lead.quorum;
        this.audience = lead.audience;
        this.crew = lead.crew;
        this.roster = lead.roster;
        this.course = lead.course;
        this.balance = lead.balance;
        this.stragglers = lead.stragglers;
    }

    /// Batch shards of the next step that were found computed.
    void inherit(SortedMap<String, List<Integer>> shards) {
        inherited.putAll(shards);
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
            crew.ask(worker, new PipelineStage.Drop(course.position(), crew.epoch()));
            crew.change(); // what it says of the shards it has dropped belongs to an epoch that is over
        }
    }

    Behavior<Inbox> beginning() {
        dropDoubles();
        if (!inherited.isEmpty()) {
            crew.change(); // on entering an epoch they say what they hold: nobody heard it while newcomers were served
        }
        if (crew.hasChanged()) {
            crew.openEpoch(
                    course.position(),
                    "step " + course.position() + " begins with " + roster.holders().size() + " workers",
                    roster.holders());
        }
        Assignment assignment = new Assignment(job.shards());
        SortedMap<String, List<Integer>> plan =
                inherited.isEmpty()
                        ? balance.plan(roster.holders())
                        : ShardPlanner.planAround(job.shards(), inherited, balance.secondsPerShard(roster.holders()));
        inherited.clear();
        if (doubt.isAbout(course.position())) {
            plan = doubt.elsewhere(plan);
        }
        plan.forEach((worker, shards) -> order(assignment, worker, shards));
        return computing(assignment);
    }

    private Behavior<Inbox> computing(Assignment assignment) {
        return lead.state(
                "computing",
                new PendingReplies(assignment::owing, 1, worker -> reassign(assignment, worker)),
                own ->
                        own.onMessage(
                                Computed.class,
                                computed -> {
                                    if (computed.epoch() != crew.epoch() || computed.step() != course.position()) {
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

    private Behavior<Inbox> reducing(Assignment assignment) {
        ShardLoss total = assignment.total();
        for (String worker : roster.holders()) {
            crew.ask(worker, new PipelineStage.Reduce(course.position(), crew.epoch(), total, crew.patienceNs(1)));
        }
        return voting(assignment, total, new Tally(roster.holders()));
    }

    private Behavior<Inbox> voting(Assignment assignment, ShardLoss total, Tally tally) {
        return lead.state(
                "voting",
                new PendingReplies(tally::missing, WHOLE_SUM, worker -> reassign(assignment, worker)),
                own ->
                        own.onMessage(
                                Voted.class,
                                voted -> {
                                    if (voted.epoch() != crew.epoch() || voted.step() != course.position()) {
                                        return Behaviors.same();
                                    }
                                    crew.heard(voted.worker());
                                    quorum.heard(crew.node(roster.seat(voted.worker()).device()));
                                    tally.vote(voted.worker(), voted.examined());
                                    return tally.isComplete()
                                            ? settle(assignment, total, tally.verdict())
                                            : Behaviors.same();
                                }));
    }

    private Behavior<Inbox> settle(Assignment assignment, ShardLoss total, Tally.Verdict verdict) {
        return switch (verdict) {
            case Tally.Agreed(Examined examined) ->
                    job.skip()
                            .objection(course.history(), total, examined)
                            .map(objection -> suspect(assignment, objection))
                            .orElseGet(() -> sound(assignment, total, examined));
            case Tally.Outvoted(List<String> workers) -> {
                String evidence = "its sum of gradients differs from that of the majority";
                audience.tell(
                        new JobEvent.StepDropped(
                                course.position(), crew.epoch(), String.join(", ", workers) + ": " + evidence));
                workers.forEach(worker -> lead.losses.lose(worker, evidence));
                yield lead.between.betweenSteps();
            }
            case Tally.Split() -> irreconcilable("the replicas' sums of gradients differ, and none has a majority");
        };
    }

    private Behavior<Inbox> irreconcilable(String reason) {
        audience.tell(new JobEvent.StepDropped(course.position(), crew.epoch(), reason));
        course.failed();
        roster.nobodyHolds();
        return course.hasExhaustedRetries()
                ? lead.ending.fail("step " + course.position() + ": the replicas differ whenever it is computed")
                : lead.opening.recovering();
    }

    /// Numbers that no step should have may be a device's slip as well as the data's fault: only once others have got
    /// the same is it the data.
    private Behavior<Inbox> suspect(Assignment assignment, String objection) {
        long step = course.position();
        if (!doubt.isAbout(step)) {
            doubt.begin(step, assignment.made());
            return onceMore("it gives " + objection);
        }
        if (doubt.isConfirmedBy(assignment.made())) {
            return skip(assignment, objection);
        }
        SortedSet<String> blamed = doubt.blamed(assignment.made());
        doubt.forget();
        if (blamed.isEmpty() || blamed.containsAll(roster.holders())) {
            return irreconcilable("it gives " + objection + ", and the workers differ in what its batch shards give");
        }
        distrust(blamed);
        course.failed();
        return course.hasExhaustedRetries()
                ? lead.ending.fail("step " + step + ": it gives " + objection + ", and never twice the same")
                : onceMore("it gives " + objection + " at " + String.join(", ", blamed) + " alone");
    }

    private Behavior<Inbox> sound(Assignment assignment, ShardLoss total, Examined examined) {
        long step = course.position();
        if (doubt.isAbout(step)) {
            SortedSet<String> blamed = doubt.blamedBefore(assignment.made());
            if (!blamed.containsAll(roster.holders())) {
                distrust(blamed);
            }
        }
        return commit(
                assignment,
                new PipelineStage.Apply(step, crew.epoch(), total),
                course.history().then(step, total.loss(), examined.gradientNorm()));
    }

    private void distrust(SortedSet<String> workers) {
        workers.stream()
                .filter(roster::has)
                .forEach(worker -> lead.losses.lose(worker, "others get another loss from the same batch shards"));
    }

    private Behavior<Inbox> skip(Assignment assignment, String objection) {
        long step = course.position();
        if (!job.skip().maySkip(course.history())) {
            return lead.ending.fail(job.skip().refusal(step, objection));
        }
        audience.tell(
                new JobEvent.RungTried(
                        JobEvent.Rung.SKIP_DATA, step, "its data gives " + objection + ", whoever computes it"));
        return commit(assignment, new PipelineStage.Skip(step, crew.epoch()), course.history().skipping(step));
    }

    /// The step is forgotten, and computed anew by all.
    private Behavior<Inbox> onceMore(String reason) {
        audience.tell(new JobEvent.StepDropped(course.position(), crew.epoch(), reason));
        roster.holders().forEach(worker -> crew.ask(worker, new PipelineStage.Drop(course.position(), crew.epoch())));
        crew.openEpoch(course.position(), "step " + course.position() + " is computed once more", roster.holders());
        return lead.between.betweenSteps();
    }

    /// @param order to apply the step, or to skip it
    /// @param including the step
    private Behavior<Inbox> commit(Assignment assignment, PipelineStage.Command order, LossHistory including) {
        if (!lead.sharding.mayUpdate()) {
            return roster.holders().isEmpty()
                    ? lead.between.betweenSteps()
                    : onceMore("nobody holds some of the moments that it changes");
        }
        if (!quorum.isHeld()) {
            return cutOff(assignment, order, including);
        }
        long step = course.position();
        lead.applying.clear();
        lead.applying.addAll(roster.holders());
        if (!lead.sharding.isOn()) {
            roster.holders().forEach(worker -> crew.ask(worker, order));
        }
        balance.endStep();
        stragglers.watch(step, balance.measured(roster.holders())).forEach(audience::tell);
        course.commit(including);
        return lead.sharding.isOn() ? lead.sharding.updating(step, order) : lead.between.betweenSteps();
    }

    /// Whoever is on the other side may be committing this very step, and more: this one waits until the cluster knows.
    private Behavior<Inbox> cutOff(Assignment assignment, PipelineStage.Command order, LossHistory including) {
        return lead.state(
                "cutOff",
                new PendingReplies(List::of, 1, worker -> reassign(assignment, worker)),
                own ->
                        own.onMessage(
                                Tick.class,
                                tick -> quorum.isHeld() ? commit(assignment, order, including) : Behaviors.same()));
    }

    /// Gives a lost worker's shards to the others. What they hold already, they keep.
    private Behavior<Inbox> reassign(Assignment assignment, String worker) {
        SortedSet<Integer> orphans = assignment.lose(worker);
        if (roster.holders().isEmpty()) {
            return lead.between.betweenSteps();
        }
        crew.openEpoch(course.position(), worker + " was lost in step " + course.position(), roster.holders());
        SortedMap<String, Integer> owed = new TreeMap<>();
        roster.holders().forEach(survivor -> owed.put(survivor, assignment.owed(survivor)));
        ShardPlanner.handOver(orphans, owed, balance.secondsPerShard(roster.holders()))
                .forEach((survivor, shards) -> {
                    audience.tell(new JobEvent.ShardsMoved(course.position(), crew.epoch(), shards, survivor));
                    order(assignment, survivor, shards);
                });
        return assignment.isComplete() ? reducing(assignment) : computing(assignment);
    }

    private void order(Assignment assignment, String worker, List<Integer> shards) {
        assignment.give(worker, shards);
        crew.ask(worker, new PipelineStage.Compute(course.position(), crew.epoch(), shards));
    }
}
