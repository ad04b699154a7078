package dev.pando.chaos.survival;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.pando.actors.job.JobEvent;
import dev.pando.chaos.faults.FaultScript;
import dev.pando.runtime.folder.EventLine;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class ScarTest {
    private static final Instant FIRST = Instant.parse("2026-01-01T00:00:00Z");
    private static final double PACE = 1;

    /// Steps of a second each, but for the one in which the fault struck, of three.
    private final double[] commits = {0, 1, 2, 5, 6, 7};

    private final double[] lengths = {1, 1, 3, 1, 1};

    @Test
    void shouldTellWhenItWasNoticedWhatWasDoneAndWhatItCost() {
        Blow blow = blow("kill node-2 at step 2", 2.5, "node-2");
        List<EventLine> events =
                List.of(
                        line(1.0, new JobEvent.WorkerLost("node-2.worker-0", 1, "something before")),
                        line(2.6, new JobEvent.WorkerLost("node-1.worker-0", 2, "another one")),
                        line(2.7, new JobEvent.WorkerLost("node-2.worker-0", 2, "its process has ended")),
                        line(2.8, new JobEvent.EpochOpened(3, 2, "one was lost", List.of("node-1.worker-0"))),
                        line(2.9, new JobEvent.ShardsMoved(2, 3, List.of(1, 3), "node-1.worker-0")),
                        line(6.5, new JobEvent.WorkerJoined("node-4.worker-0", 5)),
                        line(
                                6.5,
                                new JobEvent.EpochOpened(
                                        4, 5, "begins", List.of("node-1.worker-0", "node-4.worker-0"))));

        Scar scar = Scar.of(blow, Instant.MAX, FIRST, commits, lengths, PACE, events, new ArrayList<>(events), 2);

        assertThat(scar.at()).isCloseTo(2.5, within(1e-6));
        assertThat(scar.noticed()).isCloseTo(0.2, within(1e-6));
        assertThat(scar.evidence()).isEqualTo("node-2.worker-0: its process has ended");
        assertThat(scar.nextCommit()).isCloseTo(2.5, within(1e-6));
        assertThat(scar.back()).isCloseTo(4, within(1e-6));
        assertThat(scar.cost()).as("three seconds instead of one").isCloseTo(2, within(1e-6));
        assertThat(scar.means()).startsWith("The node's process is killed");
        assertThat(scar.actions())
                .containsExactly(
                        "batch shards 1, 3 of step 2 went to node-1.worker-0",
                        "node-4.worker-0 took part from step 5 on");
    }

    @Test
    void shouldNotBlameAFaultForWhatTheNextOneCost() {
        Blow blow = blow("delay worker-0 50ms at step 0", 0.5, "node-1.worker-0 in reduce of step 0");

        Scar scar =
                Scar.of(blow, FIRST.plusMillis(1500), FIRST, commits, lengths, PACE, List.of(), new ArrayList<>(), 2);

        assertThat(scar.cost()).isZero();
        assertThat(scar.noticed()).as("there was nothing to notice").isNaN();
        assertThat(scar.means()).startsWith("What the worker adds to a sum");
    }

    @Test
    void shouldCreditNoFaultWithTheEvidenceOfAnother() {
        Blow hang = blow("hang node-1 at step 2", 2.1, "node-1");
        Blow flip = blow("corrupt frame worker-0 at step 2", 2.3, "node-2.worker-0 in reduce of step 2");
        Blow kill = blow("kill node-2 at step 2", 2.5, "node-2");
        List<EventLine> events =
                List.of(
                        line(2.4, new JobEvent.StepDropped(2, 3, "the replicas disagree")),
                        line(2.6, new JobEvent.WorkerLost("node-2.worker-0", 2, "its process has ended")),
                        line(3.9, new JobEvent.WorkerFellSilent("node-1.worker-0", 2, "no sign of life for 400 ms")));
        List<EventLine> unclaimed = new ArrayList<>(events);

        List<Scar> scars =
                List.of(
                        scar(hang, flip, events, unclaimed),
                        scar(flip, kill, events, unclaimed),
                        scar(kill, kill, events, unclaimed));

        assertThat(scars)
                .extracting(Scar::evidence)
                .containsExactly(
                        "node-1.worker-0: no sign of life for 400 ms",
                        "step 2 was dropped: the replicas disagree",
                        "node-2.worker-0: its process has ended");
    }

    /// @param next the fault that comes after, or the same one for the last
    private Scar scar(Blow blow, Blow next, List<EventLine> events, List<EventLine> unclaimed) {
        Instant until = next.equals(blow) ? Instant.MAX : next.struck().orElseThrow();
        return Scar.of(blow, until, FIRST, commits, lengths, PACE, events, unclaimed, 2);
    }

    private static Blow blow(String fault, double at, String who) {
        Instant struck = FIRST.plusNanos((long) (at * 1e9));
        return new Blow(1, FaultScript.parse(fault).faults().getFirst(), struck, Optional.of(struck), who);
    }

    private static EventLine line(double at, JobEvent event) {
        return new EventLine(FIRST.plusNanos((long) (at * 1e9)), event);
    }
}
