package dev.pando.actors.supervisor;

import dev.pando.actors.checkpoint.CheckpointWriter;
import dev.pando.actors.stage.StageReport.Applied;
import java.util.List;
import java.util.Optional;

/// Decides a job's course while all of the last step is committed and nothing of the next one has begun: which workers
/// come and go, what is saved, and whether there is a next step.
final class BetweenSteps {
    private final JobContext job;
    private final StatePolicy policy;
    private final WorkerRegistry registry;
    private final JobProgress progress;

    BetweenSteps(JobContext job, StatePolicy policy) {
        this.job = job;
        this.policy = policy;
        this.registry = job.registry;
        this.progress = job.progress;
    }

    /// The one place where the job's course is decided.
    Next decide() {
        if (isLastStepAtRisk()) {
            return new Next.Enter(awaitingReport());
        }
        if (!progress.isComplete() && isTheLastCopyLeaving()) {
            return savingTheLastCopy();
        }
        Optional<Next> first = policy.arrange(stayers(), this::dismissLeavers);
        if (first.isPresent()) {
            return first.orElseThrow();
        }
        if (registry.holders().isEmpty()) {
            return progress.position() == 0 ? new Next.Rebuild() : new Next.Recover();
        }
        if (progress.isComplete() || job.isStopping()) {
            return new Next.Close();
        }
        return job.checkpoints.schedule().isDue(progress.position())
                ? policy.snapshot(new Next.BeginStep())
                : new Next.BeginStep();
    }

    /// Only workers that applied a step know its loss. It is reported before a newcomer joins, and no worker leaves
    /// until one that stays has applied it.
    private boolean isLastStepAtRisk() {
        List<String> holders = registry.holders();
        List<String> staying = holders.stream().filter(worker -> !isLeaving(worker)).toList();
        boolean anyLeaves = registry.workers().stream().anyMatch(this::isLeaving);
        boolean anyComes = !registry.newcomers().isEmpty();
        boolean isWithLeaversAlone = !staying.isEmpty() && job.reports.areMissingFromAll(staying);
        return !holders.isEmpty() && (!progress.isTold() && (anyComes || anyLeaves) || anyLeaves && isWithLeaversAlone);
    }

    private Phase awaitingReport() {
        return new Phase("awaitingReport", job, new PendingReplies(registry::holders, 1)) {
            @Override
            Next lost(String worker) {
                return new Next.Decide();
            }

            @Override
            Next applied(Applied applied) {
                job.group.heard(applied.worker());
                return new Next.Decide();
            }
        };
    }

    /// Whether all workers leave, and no durable checkpoint has the state that they hold.
    private boolean isTheLastCopyLeaving() {
        return !registry.holders().isEmpty()
                && registry.workers().stream().allMatch(this::isLeaving)
                && !job.checkpoints.schedule().isDurable(progress.position());
    }

    /// All nodes leave: workers that come later find a checkpoint of this very step.
    private Next savingTheLastCopy() {
        return policy.snapshot(
                new Next.Enter(
                        new AwaitingWriter("savingTheLastCopy", job, new Next.Decide()) {
                            @Override
                            Next notWritten(CheckpointWriter.NotWritten failed) {
                                job.checkpoints.notPublished(failed);
                                dismissLeavers(); // the checkpoint that is durable already must do
                                return new Next.Decide();
                            }
                        }));
    }

    /// A newcomer that stays receives the state before its last holder goes. When all steps are committed no worker
    /// needs to go before the end.
    private void dismissLeavers() {
        if (progress.isComplete()) {
            return;
        }
        List<String> leavers = registry.workers().stream().filter(this::isLeaving).toList();
        boolean someNeedThem = leavers.containsAll(registry.holders()) && leavers.size() < registry.workers().size();
        for (String worker : leavers) {
            if (!someNeedThem || !registry.holders().contains(worker)) {
                job.dismiss(worker);
            }
        }
    }

    /// Workers that are here for the next step.
    private List<String> stayers() {
        return progress.isComplete()
                ? registry.workers()
                : registry.workers().stream().filter(worker -> !isLeaving(worker)).toList();
    }

    private boolean isLeaving(String worker) {
        return job.devices.isLeaving(worker, registry.entry(worker).device());
    }
}
