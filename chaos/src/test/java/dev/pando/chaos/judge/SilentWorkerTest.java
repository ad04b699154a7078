package dev.pando.chaos.judge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.JobEvent.CheckpointDurable;
import dev.pando.actors.job.JobEvent.EpochOpened;
import dev.pando.actors.job.JobEvent.Finished;
import dev.pando.actors.job.JobEvent.ShardsMoved;
import dev.pando.actors.job.JobEvent.Started;
import dev.pando.actors.job.JobEvent.StepCommitted;
import dev.pando.actors.job.JobEvent.WorkerFellSilent;
import dev.pando.actors.job.JobEvent.WorkerJoined;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// A worker that fell silent is not lost: its name is used again, once it has joined.
class SilentWorkerTest {
    private static final List<String> BOTH = List.of("worker-0", "worker-1");

    @Test
    void shouldLetAWorkerThatFellSilentJoinAgain() {
        assertThat(violations(new EpochOpened(2, 0, "without it", List.of("worker-0")), moved("worker-0"))).isEmpty();
    }

    @Test
    void shouldFlagShardsThatGoToOneThatHasNotJoined() {
        assertThat(violations(new EpochOpened(2, 0, "with it", BOTH), moved("worker-1")))
                .extracting(Violation::rule)
                .containsExactly(Rule.NO_LOST_WORKER);
    }

    private static ShardsMoved moved(String to) {
        return new ShardsMoved(0, 2, List.of(1), to);
    }

    private static List<Violation> violations(JobEvent... afterItFellSilent) {
        Stream<JobEvent> before =
                Stream.of(
                        new Started(0, false),
                        new WorkerJoined("worker-0", 0),
                        new WorkerJoined("worker-1", 0),
                        new EpochOpened(1, 0, "begins", BOTH),
                        new WorkerFellSilent("worker-1", 0, "no sign of life"));
        Stream<JobEvent> after =
                Stream.of(
                        step(0, 2),
                        new EpochOpened(3, 1, "state for worker-1", BOTH),
                        new WorkerJoined("worker-1", 1),
                        step(1, 3),
                        new CheckpointDurable(2, "step-2", 1, 0.1),
                        new Finished(2, "sha256:00"));
        List<JobEvent> history = Stream.of(before, Stream.of(afterItFellSilent), after).flatMap(each -> each).toList();
        List<JobEvent> undisturbed =
                List.of(
                        new Started(0, false),
                        new EpochOpened(1, 0, "begins", BOTH),
                        step(0, 1),
                        step(1, 1),
                        new CheckpointDurable(2, "step-2", 1, 0.1),
                        new Finished(2, "sha256:00"));
        return Judge.judge(History.of(history), History.of(undisturbed));
    }

    private static StepCommitted step(long step, long epoch) {
        return new StepCommitted(step, epoch, step + 0.5, 1, 1e-3, 80, 1, 2);
    }
}
