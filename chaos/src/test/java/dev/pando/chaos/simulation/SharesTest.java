package dev.pando.chaos.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.JobEvent.Rung;
import dev.pando.actors.job.MomentPlacement;
import dev.pando.actors.stage.PipelineStage;
import dev.pando.training.step.LossHistory;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SharesTest {
    private static final String SUPERVISOR = "node-0/owner-job-1/supervisor-1";

    private final Shares shares = new Shares();

    /// Three spans, each held twice.
    @BeforeEach
    void threeWorkersHoldTwoSpansEach() {
        TreeMap<String, SortedSet<Integer>> spans = new TreeMap<>();
        spans.put("worker-0", new TreeSet<>(List.of(0, 1)));
        spans.put("worker-1", new TreeSet<>(List.of(1, 2)));
        spans.put("worker-2", new TreeSet<>(List.of(2, 0)));
        shares.ordered(new PipelineStage.Update(4, 7, Optional.empty(), new MomentPlacement(spans), -1, 1));
        spans.keySet().forEach(worker -> told(new JobEvent.WorkerJoined(worker, 4, "node")));
    }

    private Optional<String> told(JobEvent event) {
        return shares.told(SUPERVISOR, event);
    }

    private Optional<String> goesBack() {
        return told(new JobEvent.RungTried(Rung.LOAD_CHECKPOINT, 5, "the newest valid checkpoint"));
    }

    @Test
    void shouldNotLetAStateBeGivenUpWhileEachSpanHasAHolder() {
        told(new JobEvent.WorkerLost("worker-1", 5, "it was killed"));

        assertThat(goesBack()).contains("the state of step 5 is given up while worker-0, worker-2 held all moments");
    }

    @Test
    void shouldLetAStateBeGivenUpOfWhichASpanIsLost() {
        told(new JobEvent.WorkerLost("worker-1", 5, "it was killed"));
        told(new JobEvent.WorkerFellSilent("worker-2", 5, "no sign of life"));

        assertThat(goesBack()).isEmpty();
    }

    @Test
    void shouldLetAStateBeGivenUpThatIsDoubted() {
        told(new JobEvent.StepDropped(5, 7, "the workers differ"));

        assertThat(goesBack()).isEmpty();
    }

    @Test
    void shouldKnowWhatMovedOnceItHas() {
        TreeMap<String, SortedSet<Integer>> from = new TreeMap<>();
        from.put("worker-0", new TreeSet<>(List.of(0, 1)));
        from.put("worker-2", new TreeSet<>(List.of(2, 0)));
        TreeMap<String, SortedSet<Integer>> to = new TreeMap<>();
        SortedSet<Integer> all = new TreeSet<>(List.of(0, 1, 2));
        to.put("worker-0", all);
        to.put("worker-2", all);
        told(new JobEvent.WorkerLost("worker-1", 5, "it was killed"));
        List<String> donors = List.of("worker-0", "worker-2");
        shares.ordered(
                new PipelineStage.Regroup(
                        5,
                        8,
                        LossHistory.EMPTY,
                        new MomentPlacement(from),
                        new MomentPlacement(to),
                        donors,
                        List.of(),
                        -2,
                        1));
        shares.ordered(new PipelineStage.Keep(8, all));

        told(new JobEvent.WorkerLost("worker-2", 5, "it was killed as well"));

        assertThat(goesBack()).isPresent();
    }
}
