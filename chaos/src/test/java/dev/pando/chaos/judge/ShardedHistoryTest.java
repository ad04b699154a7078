package dev.pando.chaos.judge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.JobEvent.EpochOpened;
import dev.pando.actors.job.JobEvent.Rung;
import dev.pando.actors.job.JobEvent.RungTried;
import dev.pando.actors.job.JobEvent.Started;
import dev.pando.actors.job.JobEvent.StateLoaded;
import dev.pando.actors.job.JobEvent.StepCommitted;
import dev.pando.actors.job.JobEvent.WorkerJoined;
import dev.pando.actors.job.JobEvent.WorkerLost;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Where each moment is held twice, two workers that are lost at once may take some of them along.
class ShardedHistoryTest {
    private static final List<String> ALL = List.of("worker-0", "worker-1", "worker-2");
    private static final int STEPS = 4;

    @ParameterizedTest
    @CsvSource({"0, 4, false", "2, 4, true", "2, 1, false", "3, 4, false"})
    void shouldLetAJobGoBackWhereNobodyMayHoldSomeMoments(int copies, int firstLoss, boolean mayGoBack) {
        History history = History.of(goingBack(firstLoss)).sharded(copies);

        List<Violation> violations = Judge.judge(history);

        assertThat(violations.stream().anyMatch(violation -> violation.rule() == Rule.NO_STEP_REDONE))
                .isEqualTo(!mayGoBack);
    }

    @Test
    void shouldReadFromTheFolderHowOftenMomentsAreHeld(@TempDir Path folder) throws IOException {
        Path job = folder.resolve("job.conf");

        Files.writeString(job, "pando.job { optimizer-state = sharded, optimizer-copies = 3 }");
        int sharded = History.read(folder).copies();
        Files.writeString(job, "pando.job { optimizer-state = replicated, optimizer-copies = 3 }");
        int replicated = History.read(folder).copies();

        assertThat(sharded).isEqualTo(3);
        assertThat(replicated).isZero();
    }

    /// Two workers are lost before step 4, one of them at that step, and the third holds the weights.
    private static List<JobEvent> goingBack(int firstLoss) {
        List<JobEvent> events = new ArrayList<>();
        events.add(new Started(0, false));
        ALL.forEach(worker -> events.add(new WorkerJoined(worker, 0)));
        events.add(new EpochOpened(1, 0, "begins", ALL));
        for (int step = 0; step < STEPS; step++) {
            if (step == firstLoss) {
                events.add(new WorkerLost("worker-1", step, "killed"));
                events.add(new EpochOpened(2, step, "without it", List.of("worker-0", "worker-2")));
            }
            events.add(new StepCommitted(step, step < firstLoss ? 1 : 2, 2.5, 1, 0.1, 8, 0.1, 3));
        }
        if (firstLoss == STEPS) {
            events.add(new WorkerLost("worker-1", STEPS, "killed"));
        }
        events.add(new WorkerLost("worker-2", STEPS, "killed"));
        events.add(new RungTried(Rung.LOAD_CHECKPOINT, STEPS, "the newest valid checkpoint"));
        events.add(new StateLoaded(0, "the initial weights", List.of()));
        return events;
    }
}
