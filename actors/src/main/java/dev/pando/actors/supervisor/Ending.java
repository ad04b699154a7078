package dev.pando.actors.supervisor;

import dev.pando.actors.checkpoint.CheckpointSchedule;
import dev.pando.actors.checkpoint.CheckpointWriter;
import dev.pando.actors.checkpoint.FinalCheckpointRetry;
import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.JobEvent.Rung;
import dev.pando.actors.stage.PipelineStage;
import dev.pando.actors.stage.StageReport.Digested;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;

/// Ends a job: with its hash, with a checkpoint to resume from, or with a sentence that says why it cannot continue.
final class Ending {
    private final JobContext job;
    private final StatePolicy policy;
    private final WorkerRegistry registry;
    private final JobProgress progress;
    private final CheckpointSchedule schedule;
    private final FinalCheckpointRetry lastCheckpoint = new FinalCheckpointRetry();

    Ending(JobContext job, StatePolicy policy) {
        this.job = job;
        this.policy = policy;
        this.registry = job.registry;
        this.progress = job.progress;
        this.schedule = job.checkpoints.schedule();
    }

    /// All steps are committed, or the job was asked to stop: the last checkpoint, then the hash.
    Next close() {
        if (schedule.isDurable(progress.position())) {
            registry.holders().forEach(worker -> job.group.ask(worker, new PipelineStage.Digest(progress.position())));
            return digesting(new TreeMap<>());
        }
        lastCheckpoint.begins(progress.position(), job.stopwatch.nanos());
        return policy.snapshot(
                new Next.Enter(
                        new AwaitingWriter("closing", job, new Next.Decide()) {
                            @Override
                            Next notWritten(CheckpointWriter.NotWritten failed) {
                                return unwritten(failed);
                            }
                        }));
    }

    private Next unwritten(CheckpointWriter.NotWritten failed) {
        if (failed.step() != progress.position()) {
            job.checkpoints.notPublished(failed);
            return new Next.Decide();
        }
        OptionalInt pause = lastCheckpoint.failed(job.stopwatch.nanos(), job.isStopping());
        if (pause.isEmpty()) {
            job.checkpoints.notPublished(failed);
            return new Next.Fail(failed.sentence() + "; " + schedule.spoken());
        }
        schedule.notWritten(failed.step());
        String news = lastCheckpoint.news(failed.sentence(), job.isStopping());
        if (!news.isEmpty()) {
            job.checkpoints.failed(failed.step(), news);
        }
        return new Next.Enter(pausing(pause.getAsInt()));
    }

    private Phase pausing(int ticks) {
        return new Phase("pausing", job, PendingReplies.none()) {
            @Override
            Next lost(String worker) {
                return new Next.Decide();
            }

            @Override
            Next tick() {
                return ticks > 1 ? new Next.Enter(pausing(ticks - 1)) : new Next.Decide();
            }
        };
    }

    private Next digesting(SortedMap<String, String> hashes) {
        hashes.keySet().retainAll(new HashSet<>(registry.holders())); // a set: there may be thousands
        if (registry.holders().isEmpty()) {
            return new Next.Decide();
        }
        return hashes.size() == registry.holders().size() ? finished(hashes) : new Next.Enter(awaitingHashes(hashes));
    }

    private Phase awaitingHashes(SortedMap<String, String> hashes) {
        PendingReplies missing =
                new PendingReplies(
                        () -> registry.holders().stream().filter(worker -> !hashes.containsKey(worker)).toList(),
                        PendingReplies.WHOLE_STATE);
        return new Phase("digesting", job, missing) {
            @Override
            Next lost(String worker) {
                return digesting(hashes);
            }

            @Override
            Next digested(Digested digested) {
                job.group.heard(digested.worker());
                hashes.put(digested.worker(), digested.hash());
                return digesting(hashes);
            }
        };
    }

    private Next finished(SortedMap<String, String> hashes) {
        if (new HashSet<>(hashes.values()).size() > 1) {
            return new Next.Fail(
                    "the replicas hold different states after " + progress.position() + " steps: " + hashes);
        }
        return progress.isComplete() ? policy.complete(hashes.get(hashes.firstKey())) : new Next.Stop();
    }

    /// @return the job's last events
    List<JobEvent> completed(String hash) {
        return List.of(new JobEvent.Finished(progress.position(), hash));
    }

    List<JobEvent> stopped() {
        return List.of(new JobEvent.Stopped(progress.position()));
    }

    List<JobEvent> failed(String diagnosis) {
        return List.of(
                new JobEvent.RungTried(Rung.STOP, progress.position(), diagnosis),
                new JobEvent.Failed(progress.position(), diagnosis));
    }
}
