package dev.pando.actors.supervisor;

import dev.pando.actors.checkpoint.CheckpointWriter;
import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.JobEvent.Rung;
import dev.pando.actors.job.MomentPlacement;
import dev.pando.actors.stage.PipelineStage;
import dev.pando.actors.stage.PipelineStage.Apply;
import dev.pando.actors.stage.StageReport.Hashed;
import dev.pando.actors.stage.StageReport.SnapshotTaken;
import dev.pando.training.step.Trainer.ShardLoss;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/// Every worker holds all weights and some spans of the moments: after a step weights go from the workers that have
/// updated them to the others, and for a checkpoint one worker gathers all moments.
final class ShardedState implements StatePolicy {
    private static final long MOST_TRANSFERS = 1L << 24; // of one order
    private static final int NAMED_BEFORE = 3; // timeouts of an exchange: its workers name a silent peer within two

    private final JobContext job;
    private final ShardedHoldings holdings;
    private final WorkerGroup group;
    private final WorkerRegistry registry;
    private final JobProgress progress;
    private long exchanges;

    ShardedState(JobContext job, ShardedHoldings holdings) {
        this.job = job;
        this.holdings = holdings;
        this.group = job.group;
        this.registry = job.registry;
        this.progress = job.progress;
    }

    /// What leavers hold goes to others first.
    @Override
    public Optional<Next> arrange(List<String> stayers, Runnable dismissLeavers) {
        if (!registry.holders().isEmpty() && !stayers.isEmpty() && holdings.areUnsettled(stayers)) {
            return Optional.of(new Next.Enter(regrouping(stayers)));
        }
        dismissLeavers.run();
        return Optional.empty();
    }

    @Override
    public void order(PipelineStage.Command order) {}

    /// The holders of each span update it, and all workers receive all weights.
    @Override
    public Next committed(long step, PipelineStage.Command order) {
        if (group.hasChanged()) {
            group.openEpoch(step, "step " + step + " is applied by the remaining workers", registry.holders());
        }
        return new Next.Enter(
                updating(step, order instanceof Apply apply ? Optional.of(apply.total()) : Optional.empty()));
    }

    /// Where some workers have applied the last step and others have not, or lack some of its weights, that is done
    /// first.
    @Override
    public Next takeOver(HoldingsSurvey survey) {
        holdings.inherit(survey.placement());
        if (registry.holders().isEmpty() || !survey.isUneven()) {
            return new Next.Decide();
        }
        long step = progress.position() - 1;
        group.openEpoch(progress.position(), "step " + step + " goes to all workers", registry.holders());
        return new Next.Enter(updating(step, survey.total()));
    }

    private Phase updating(long step, Optional<ShardLoss> total) {
        SortedSet<String> awaited = new TreeSet<>(registry.holders());
        long operation = nextOperation();
        long patienceNs = patienceNs(awaited.size());
        MomentPlacement now = holdings.among(registry.holders());
        for (String worker : registry.holders()) {
            group.ask(worker, new PipelineStage.Update(step, group.epoch(), total, now, operation, patienceNs));
        }
        return new AwaitingReady("updating", job, awaited, NAMED_BEFORE * pieces(awaited.size())) {
            @Override
            Next allReady() {
                return new Next.Decide();
            }

            @Override
            Next again() {
                return updatingAgain(step, total, "other jobs had their turn");
            }

            @Override
            Next lost(String worker) {
                return updatingAgain(step, total, worker + " was lost");
            }
        };
    }

    private Next updatingAgain(long step, Optional<ShardLoss> total, String reason) {
        if (registry.holders().isEmpty()) {
            return new Next.Decide();
        }
        group.openEpoch(progress.position(), reason + " while step " + step + " was applied", registry.holders());
        return new Next.Enter(updating(step, total));
    }

    /// Newcomers receive all weights, and each worker the moments that it is to hold.
    private Phase regrouping(Collection<String> workers) {
        SortedSet<String> stay = new TreeSet<>(workers);
        List<String> donors = registry.holders();
        List<String> newcomers = registry.newcomers().stream().filter(stay::contains).toList();
        MomentPlacement from = progress.position() == 0 ? MomentPlacement.none() : holdings.among(donors);
        MomentPlacement to = holdings.plan(from, stay);
        SortedSet<String> awaited = new TreeSet<>(donors);
        awaited.addAll(newcomers);
        group.openEpoch(progress.position(), reason(newcomers), awaited);
        tellWhatMoves(from, to, newcomers);
        long ofDonorsNs = group.patienceOfDonorsNs(pieces(awaited.size())) + group.longestTurnNs();
        long ofNewcomersNs = patienceNs(awaited.size());
        long operation = nextOperation();
        for (String worker : awaited) {
            group.ask(
                    worker,
                    new PipelineStage.Regroup(
                            progress.position(),
                            group.epoch(),
                            progress.history(),
                            from,
                            to,
                            donors,
                            newcomers,
                            operation,
                            newcomers.contains(worker) ? ofNewcomersNs : ofDonorsNs));
        }
        return exchanging(awaited, newcomers, to);
    }

    private static String reason(List<String> newcomers) {
        return newcomers.isEmpty()
                ? "the moments are redistributed"
                : "state for " + String.join(", ", newcomers) + ", and the moments are redistributed";
    }

    private void tellWhatMoves(MomentPlacement from, MomentPlacement to, List<String> newcomers) {
        for (String newcomer : newcomers) {
            tell(newcomer + " from the workers that hold the state");
        }
        List<String> takers = new ArrayList<>();
        for (String worker : to.workers()) {
            long more = to.of(worker).stream().filter(span -> !from.of(worker).contains(span)).count();
            if (more > 0 && progress.position() > 0 && !newcomers.contains(worker)) {
                takers.add(worker + " takes " + more);
            }
        }
        if (!takers.isEmpty()) {
            String who = String.join(", ", takers);
            tell(String.format(Locale.ROOT, "of %d spans of the moments %s", holdings.cut(), who));
        }
    }

    private void tell(String what) {
        job.audience.tell(new JobEvent.RungTried(Rung.REBUILD_FROM_PEER, progress.position(), what));
    }

    private Phase exchanging(SortedSet<String> awaited, List<String> newcomers, MomentPlacement to) {
        return new AwaitingReady("regrouping", job, awaited, NAMED_BEFORE * pieces(awaited.size())) {
            @Override
            Next allReady() {
                newcomers.forEach(job.newcomers::served);
                holdings.settle(to);
                to.workers().forEach(worker -> group.ask(worker, new PipelineStage.Keep(group.epoch(), to.of(worker))));
                return new Next.Decide();
            }

            @Override
            Next again() {
                return new Next.Decide();
            }

            @Override
            Next lost(String worker) {
                job.newcomers.without(worker);
                return new Next.Decide();
            }
        };
    }

    @Override
    public Next snapshot(Next then) {
        return job.checkpoints.schedule().isIdle() ? new Next.Enter(collecting(then)) : then;
    }

    /// One worker gathers the state and has it written while training continues.
    private Phase collecting(Next then) {
        String collector = registry.holders().getFirst();
        job.checkpoints.schedule().asked(collector, progress.position());
        return new Phase("collecting", job, gather(collector, true)) {
            @Override
            Next lost(String worker) {
                // another worker that is missing is named by the collector
                return worker.equals(collector) || registry.holders().isEmpty() ? new Next.Decide() : stay();
            }

            @Override
            Next snapshotTaken(SnapshotTaken taken) {
                job.checkpoints.taken(taken);
                return then;
            }

            // A worker that was lost may have written the same checkpoint.
            @Override
            Next durable(CheckpointWriter.Durable written) {
                job.checkpoints.published(written);
                return job.checkpoints.schedule().isDurable(progress.position()) ? new Next.Decide() : stay();
            }

            @Override
            Next notWritten(CheckpointWriter.NotWritten failed) {
                job.checkpoints.notPublished(failed);
                return new Next.Decide();
            }
        };
    }

    /// One worker gathers the state once more, for its hash.
    @Override
    public Next complete(String hashOfWeights) {
        return new Next.Enter(hashing(registry.holders().getFirst()));
    }

    private Phase hashing(String collector) {
        return new Phase("hashing", job, gather(collector, false)) {
            @Override
            Next lost(String worker) {
                return new Next.Decide();
            }

            @Override
            Next hashed(Hashed hashed) {
                return hashed.epoch() == group.epoch() ? new Next.Complete(hashed.hash()) : stay();
            }
        };
    }

    /// Orders all workers to send their moments to one of them.
    ///
    /// @param isWritten whether the state becomes a checkpoint
    private PendingReplies gather(String collector, boolean isWritten) {
        if (group.hasChanged()) { // where a supervisor that took over gathers before anything else
            group.openEpoch(progress.position(), "the state is gathered", registry.holders());
        }
        long operation = nextOperation();
        long patienceNs = patienceNs(registry.holders().size());
        MomentPlacement now = holdings.among(registry.holders());
        for (String worker : registry.holders()) {
            group.ask(
                    worker,
                    new PipelineStage.Collect(
                            progress.position(), group.epoch(), collector, isWritten, now, operation, patienceNs));
        }
        return new PendingReplies(() -> List.of(collector), NAMED_BEFORE * pieces(registry.holders().size()));
    }

    /// A worker that may be cut off from the holders of the missing moments must not go back while they continue.
    @Override
    public boolean mayRecover() {
        return job.quorum.isHeld();
    }

    /// A peer may exchange with other workers first: the more there are, the longer the timeout.
    private long patienceNs(int workers) {
        return group.patienceNs(pieces(workers)) + group.longestTurnNs();
    }

    /// A worker that is alone exchanges nothing.
    private static int pieces(int workers) {
        return workers == 1 ? 1 : PendingReplies.WHOLE_STATE * (1 + workers / 4);
    }

    /// Far below zero, since steps number the all-reduces.
    private long nextOperation() {
        return -MOST_TRANSFERS * ++exchanges;
    }
}
