package dev.pando.actors.owner;

import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.JobSpec;
import dev.pando.actors.job.JobStatus;
import dev.pando.actors.job.JobStatus.Phase;
import dev.pando.actors.job.JobStatus.Refusal;
import dev.pando.actors.job.JobStatus.Straggler;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/// Follows a job's events, and says at any time how it stands.
final class JobStatusProjection {
    private final SortedMap<String, Straggler> stragglers = new TreeMap<>();
    private final SortedMap<String, Refusal> refusals = new TreeMap<>();
    private List<String> workers = List.of();
    private Optional<JobEvent.StepCommitted> newest = Optional.empty();
    private String last = "";
    private long step;
    private long epoch;
    private long lost;

    void follow(JobEvent event) {
        switch (event) {
            case JobEvent.Started started -> {
                step = started.step();
                stragglers.clear(); // the new leader has seen no worker's speed yet
            }
            case JobEvent.WorkerFellBehind slow ->
                    stragglers.put(slow.worker(), new Straggler(slow.worker(), slow.times()));
            case JobEvent.WorkerKeptUp worker -> stragglers.remove(worker.worker());
            case JobEvent.StepCommitted committed -> {
                newest = committed.wasSkipped() && newest.isPresent() ? newest : Optional.of(committed);
                step = committed.step() + 1;
            }
            case JobEvent.EpochOpened opened -> {
                epoch = opened.epoch();
                workers = opened.workers();
                last = opened.reason();
            }
            case JobEvent.WorkerLost gone -> {
                lost++;
                without(gone.worker());
            }
            case JobEvent.WorkerFellSilent silent -> without(silent.worker());
            case JobEvent.WorkerLeft gone -> without(gone.worker());
            case JobEvent.WorkerRefused refused ->
                    refusals.put(refused.worker(), new Refusal(refused.worker(), refused.sentence()));
            case JobEvent.StateLoaded loaded -> step = loaded.step();
            case JobEvent.Finished finished -> {
                step = finished.step();
                last = "finished with " + finished.hash();
            }
            case JobEvent.Stopped stopped -> {
                step = Math.max(step, stopped.step());
                last = "stopped on request";
            }
            case JobEvent.Failed failed -> last = failed.diagnosis();
            case JobEvent.WorkerJoined _,
                    JobEvent.ShardsMoved _,
                    JobEvent.RungTried _,
                    JobEvent.StepDropped _,
                    JobEvent.SnapshotTaken _,
                    JobEvent.CheckpointDurable _,
                    JobEvent.CheckpointFailed _ -> {}
        }
    }

    private void without(String gone) {
        stragglers.remove(gone);
        workers = workers.stream().filter(worker -> !worker.equals(gone)).toList();
    }

    /// @param node that leads it
    JobStatus status(String job, JobJournalState account, String node) {
        boolean running = account.isRunning();
        return new JobStatus(
                job,
                phase(account),
                running ? node : "",
                account.incarnation(),
                step,
                account.job().map(JobSpec::steps).orElse(0L),
                epoch,
                newest.map(JobEvent.StepCommitted::loss).orElse(Double.NaN),
                newest.map(JobEvent.StepCommitted::seconds).orElse(Double.NaN),
                running ? workers : List.of(),
                running ? List.copyOf(stragglers.values()) : List.of(),
                running ? List.copyOf(refusals.values()) : List.of(),
                lost,
                last);
    }

    private static Phase phase(JobJournalState account) {
        if (account.job().isEmpty()) {
            return Phase.UNKNOWN;
        }
        return account.end()
                .map(end ->
                        switch (end) {
                            case JobEvent.Finished _ -> Phase.FINISHED;
                            case JobEvent.Failed _ -> Phase.FAILED;
                            default -> Phase.STOPPED;
                        })
                .orElse(account.isStopping() || account.isCancelled() ? Phase.STOPPING : Phase.RUNNING);
    }
}
