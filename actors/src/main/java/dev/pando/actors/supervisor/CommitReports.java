package dev.pando.actors.supervisor;

import dev.pando.actors.checkpoint.CheckpointSchedule;
import dev.pando.actors.job.Epoch;
import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.Stopwatch;
import dev.pando.actors.stage.StageReport.Applied;
import dev.pando.training.step.Trainer.Committed;
import java.util.Collection;
import java.util.Set;
import java.util.TreeSet;
import org.apache.pekko.actor.typed.ActorRef;

/// Tells of each committed step once, as soon as one worker reports that it has applied it: only a worker that has
/// applied a step knows its loss.
final class CommitReports {
    private final long incarnation;
    private final JobProgress progress;
    private final CheckpointSchedule schedule;
    private final WorkerRegistry registry;
    private final ActorRef<JobEvent> audience;
    private final Stopwatch stopwatch;
    private final Set<String> applying = new TreeSet<>(); // workers that have yet to report the last step
    private long abandoned; // the epoch in which the job last went back: steps that were applied by then do not count
    private long reportedNs; // when the audience was told of the last step

    /// @param incarnation of the supervisor
    CommitReports(
            long incarnation,
            JobProgress progress,
            CheckpointSchedule schedule,
            WorkerRegistry registry,
            ActorRef<JobEvent> audience,
            Stopwatch stopwatch) {
        this.incarnation = incarnation;
        this.progress = progress;
        this.schedule = schedule;
        this.registry = registry;
        this.audience = audience;
        this.stopwatch = stopwatch;
    }

    /// The duration of the first step counts from here.
    void countFromNow() {
        reportedNs = stopwatch.nanos();
    }

    /// The workers are to apply a step.
    void await(Collection<String> workers) {
        applying.clear();
        applying.addAll(workers);
    }

    /// Whether none of the workers has reported that it has applied the last step.
    boolean areMissingFromAll(Collection<String> workers) {
        return applying.containsAll(workers);
    }

    /// The job's state is given up: what was applied up to this epoch does not count any more.
    void abandon(long epoch) {
        applying.clear();
        abandoned = epoch;
    }

    /// A worker has applied a step. Steps that an earlier supervisor committed were reported when this one took over.
    void applied(Applied applied) {
        Committed step = applied.committed();
        if (Epoch.incarnation(applied.epoch()) != incarnation || applied.epoch() <= abandoned) {
            return;
        }
        if (step.step() == progress.position() - 1) {
            applying.remove(applied.worker());
        }
        if (progress.isNews(step.step())) {
            long nowNs = stopwatch.nanos();
            schedule.stepped((nowNs - reportedNs) / 1e9);
            tell(step, applied.epoch(), (nowNs - reportedNs) / 1e9);
            reportedNs = nowNs;
        }
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
                        registry.holders().size()));
    }
}
