package dev.pando.actors.supervisor;

import dev.pando.actors.job.JobEvent;
import dev.pando.actors.planning.Assignment;
import dev.pando.actors.planning.ShardPlanner;
import dev.pando.actors.stage.PipelineStage;
import dev.pando.actors.stage.StageReport.Computed;
import dev.pando.actors.stage.StageReport.Voted;
import dev.pando.training.step.LossHistory;
import dev.pando.training.step.Trainer.Examined;
import dev.pando.training.step.Trainer.ShardLoss;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;

/// Leads a job through a step: compute, reduce, vote, apply.
///
/// Between compute and apply a worker may be lost at any moment: its batch shards go to the others under a new epoch,
/// and the others keep what they hold.
final class StepInFlight {
    private static final int WHOLE_SUM = 4; // pieces of work: members name a silent peer long before

    private final JobContext job;
    private final StatePolicy policy;
    private final WorkerGroup group;
    private final WorkerRegistry registry;
    private final JobProgress progress;

    StepInFlight(JobContext job, StatePolicy policy) {
        this.job = job;
        this.policy = policy;
        this.group = job.group;
        this.registry = job.registry;
        this.progress = job.progress;
    }

    Next begin() {
        SortedMap<String, List<Integer>> inherited = job.inherited.take();
        if (group.hasChanged()) {
            group.openEpoch(
                    progress.position(),
                    "step " + progress.position() + " begins with " + registry.holders().size() + " workers",
                    registry.holders());
        }
        Assignment assignment = new Assignment(job.spec.shards());
        SortedMap<String, List<Integer>> plan =
                inherited.isEmpty()
                        ? job.balance.plan(registry.holders())
                        : ShardPlanner.planAround(
                                job.spec.shards(), inherited, job.balance.secondsPerShard(registry.holders()));
        if (job.recomputed.isAbout(progress.position())) {
            plan = job.recomputed.elsewhere(plan);
        }
        plan.forEach((worker, shards) -> order(assignment, worker, shards));
        return new Next.Enter(computing(assignment));
    }

    private void order(Assignment assignment, String worker, List<Integer> shards) {
        assignment.give(worker, shards);
        group.ask(worker, new PipelineStage.Compute(progress.position(), group.epoch(), shards));
    }

    private Phase computing(Assignment assignment) {
        return new Phase("computing", job, new PendingReplies(assignment::owing, 1)) {
            @Override
            Next lost(String worker) {
                return reassign(assignment, worker);
            }

            @Override
            Next computed(Computed computed) {
                if (computed.epoch() != group.epoch() || computed.step() != progress.position()) {
                    return stay();
                }
                if (assignment.computed(computed.worker(), computed.shard(), computed.loss())) {
                    group.hasWorked(computed.worker());
                    job.balance.computed(computed.worker(), computed.seconds());
                }
                group.heard(computed.worker());
                return assignment.isComplete() ? reduce(assignment) : stay();
            }
        };
    }

    private Next reduce(Assignment assignment) {
        ShardLoss total = assignment.total();
        for (String worker : registry.holders()) {
            group.ask(worker, new PipelineStage.Reduce(progress.position(), group.epoch(), total, group.patienceNs(1)));
        }
        return new Next.Enter(voting(assignment, total, new Tally(registry.holders())));
    }

    private Phase voting(Assignment assignment, ShardLoss total, Tally tally) {
        return new Phase("voting", job, new PendingReplies(tally::missing, WHOLE_SUM)) {
            @Override
            Next lost(String worker) {
                return reassign(assignment, worker);
            }

            @Override
            Next voted(Voted voted) {
                if (voted.epoch() != group.epoch() || voted.step() != progress.position()) {
                    return stay();
                }
                group.heard(voted.worker());
                job.quorum.heard(group.node(registry.entry(voted.worker()).device()));
                tally.vote(voted.worker(), voted.examined());
                return tally.isComplete() ? settle(assignment, total, tally.verdict()) : stay();
            }
        };
    }

    private Next settle(Assignment assignment, ShardLoss total, Tally.Verdict verdict) {
        return switch (verdict) {
            case Tally.Agreed(Examined examined) ->
                    job.spec
                            .skip()
                            .objection(progress.history(), total, examined)
                            .map(objection -> suspect(assignment, objection))
                            .orElseGet(() -> sound(assignment, total, examined));
            case Tally.Outvoted(List<String> workers) -> {
                String evidence = "its sum of gradients differs from that of the majority";
                tellDropped(String.join(", ", workers) + ": " + evidence);
                workers.forEach(worker -> job.failures.lose(worker, evidence));
                yield new Next.Decide();
            }
            case Tally.Split() -> irreconcilable("the replicas' sums of gradients differ, and none has a majority");
        };
    }

    private Next irreconcilable(String reason) {
        tellDropped(reason);
        progress.failed();
        registry.nobodyHolds();
        return progress.hasExhaustedRetries()
                ? new Next.Fail("step " + progress.position() + ": the replicas differ whenever it is computed")
                : new Next.Recover();
    }

    /// Numbers that no step should have may be a device's slip as well as the data's fault: it is the data only once
    /// other devices have computed the same.
    private Next suspect(Assignment assignment, String objection) {
        long step = progress.position();
        if (!job.recomputed.isAbout(step)) {
            job.recomputed.begin(step, assignment.made());
            return onceMore("it gives " + objection);
        }
        if (job.recomputed.isConfirmedBy(assignment.made())) {
            return skip(assignment, objection);
        }
        SortedSet<String> blamed = job.recomputed.blamed(assignment.made());
        job.recomputed.forget();
        if (blamed.isEmpty() || blamed.containsAll(registry.holders())) {
            return irreconcilable("it gives " + objection + ", and the workers differ in what its batch shards give");
        }
        distrust(blamed);
        progress.failed();
        return progress.hasExhaustedRetries()
                ? new Next.Fail("step " + step + ": it gives " + objection + ", and never twice the same")
                : onceMore("it gives " + objection + " at " + String.join(", ", blamed) + " alone");
    }

    private Next sound(Assignment assignment, ShardLoss total, Examined examined) {
        long step = progress.position();
        if (job.recomputed.isAbout(step)) {
            SortedSet<String> blamed = job.recomputed.blamedBefore(assignment.made());
            if (!blamed.containsAll(registry.holders())) {
                distrust(blamed);
            }
        }
        return commit(
                assignment,
                new PipelineStage.Apply(step, group.epoch(), total),
                progress.history().then(step, total.loss(), examined.gradientNorm()));
    }

    private void distrust(SortedSet<String> workers) {
        workers.stream()
                .filter(registry::has)
                .forEach(worker -> job.failures.lose(worker, "others get another loss from the same batch shards"));
    }

    private Next skip(Assignment assignment, String objection) {
        long step = progress.position();
        if (!job.spec.skip().maySkip(progress.history())) {
            return new Next.Fail(job.spec.skip().refusal(step, objection));
        }
        job.audience.tell(
                new JobEvent.RungTried(
                        JobEvent.Rung.SKIP_DATA, step, "its data gives " + objection + " on every worker"));
        return commit(assignment, new PipelineStage.Skip(step, group.epoch()), progress.history().skipping(step));
    }

    /// All workers drop the step and compute it again.
    private Next onceMore(String reason) {
        tellDropped(reason);
        registry.holders()
                .forEach(worker -> group.ask(worker, new PipelineStage.Drop(progress.position(), group.epoch())));
        group.openEpoch(
                progress.position(), "step " + progress.position() + " is computed once more", registry.holders());
        return new Next.Decide();
    }

    private void tellDropped(String reason) {
        job.audience.tell(new JobEvent.StepDropped(progress.position(), group.epoch(), reason));
    }

    /// @param order to apply the step, or to skip it
    /// @param including history with the step
    private Next commit(Assignment assignment, PipelineStage.Command order, LossHistory including) {
        if (!job.holdings.canUpdate()) {
            return registry.holders().isEmpty()
                    ? new Next.Decide()
                    : onceMore("no worker holds some of the moments that it changes");
        }
        if (!job.quorum.isHeld()) {
            return new Next.Enter(cutOff(assignment, order, including));
        }
        long step = progress.position();
        job.reports.await(registry.holders());
        policy.order(order);
        job.balance.endStep();
        job.stragglers.watch(step, job.balance.measured(registry.holders())).forEach(job.audience::tell);
        progress.commit(including);
        return policy.committed(step, order);
    }

    /// Workers on the other side of a partition may be committing this very step: this supervisor waits until the
    /// cluster has decided.
    private Phase cutOff(Assignment assignment, PipelineStage.Command order, LossHistory including) {
        return new Phase("cutOff", job, PendingReplies.none()) {
            @Override
            Next lost(String worker) {
                return reassign(assignment, worker);
            }

            @Override
            Next tick() {
                return job.quorum.isHeld() ? commit(assignment, order, including) : stay();
            }
        };
    }

    /// Gives a lost worker's shards to the others. The others keep what they hold.
    private Next reassign(Assignment assignment, String worker) {
        SortedSet<Integer> orphans = assignment.lose(worker);
        if (registry.holders().isEmpty()) {
            return new Next.Decide();
        }
        group.openEpoch(progress.position(), worker + " was lost in step " + progress.position(), registry.holders());
        SortedMap<String, Integer> owed = new TreeMap<>();
        registry.holders().forEach(survivor -> owed.put(survivor, assignment.owed(survivor)));
        ShardPlanner.handOver(orphans, owed, job.balance.secondsPerShard(registry.holders()))
                .forEach((survivor, shards) -> {
                    job.audience.tell(new JobEvent.ShardsMoved(progress.position(), group.epoch(), shards, survivor));
                    order(assignment, survivor, shards);
                });
        return assignment.isComplete() ? reduce(assignment) : new Next.Enter(computing(assignment));
    }
}
