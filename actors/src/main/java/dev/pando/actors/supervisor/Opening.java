package dev.pando.actors.supervisor;

import dev.pando.actors.checkpoint.CheckpointWriter;
import dev.pando.actors.job.JobEvent;
import dev.pando.actors.stage.StageReport.Arrived;
import dev.pando.actors.stage.StageReport.Refused;
import java.util.List;

/// Starts a job: finds the checkpoint that it continues from, and waits for its workers.
final class Opening {
    private static final int GRACE_TICKS = 200; // ten seconds for the other workers once the first has arrived

    private final JobContext job;

    Opening(JobContext job) {
        this.job = job;
    }

    /// @param early workers that have arrived: whether they hold the state is known once the position is
    Phase opening(List<Arrived> early) {
        job.writer.tell(new CheckpointWriter.FindNewest(job.spec, job.self.checkpoints()));
        return new Phase("opening", job, PendingReplies.none()) {
            @Override
            Next arrived(Arrived arrived, boolean isSeated) {
                early.add(arrived);
                return stay();
            }

            @Override
            Next found(CheckpointWriter.Found found) {
                found.checkpoint().ifPresent(job::goBackTo);
                long position = job.progress.position();
                job.audience.tell(new JobEvent.Started(position, found.checkpoint().isPresent()));
                if (found.checkpoint().isEmpty()) { // although it had come further
                    found.damaged().forEach(sentence -> job.checkpoints.failed(position, sentence));
                }
                job.reports.countFromNow();
                early.stream().filter(arrived -> job.registry.has(arrived.worker())).forEach(job::welcome);
                return gathering(found, 0);
            }
        };
    }

    /// Waits for the workers that the config names; for a while only, once one has arrived.
    private Next gathering(CheckpointWriter.Found found, int ticks) {
        int expected = Math.max(1, job.spec.workers() - job.devices.refusing());
        if (job.registry.entries().size() >= expected || ticks > GRACE_TICKS) {
            return found.checkpoint().isPresent() ? new Next.Load(found) : new Next.Decide();
        }
        return new Next.Enter(
                new Phase("gathering", job, PendingReplies.none()) {
                    @Override
                    Next arrived(Arrived arrived, boolean isSeated) {
                        if (isSeated) {
                            job.welcome(arrived);
                        }
                        return gathering(found, ticks);
                    }

                    @Override
                    Next refused(Refused refused) {
                        return gathering(found, ticks);
                    }

                    @Override
                    Next tick() {
                        return gathering(found, job.registry.entries().isEmpty() ? 0 : ticks + 1);
                    }
                });
    }
}
