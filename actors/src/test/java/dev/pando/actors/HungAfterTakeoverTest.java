package dev.pando.actors;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.JobSpec;
import dev.pando.actors.job.ReplicaInventory;
import dev.pando.actors.liveness.MissedReplies;
import dev.pando.actors.liveness.Quorum;
import dev.pando.actors.stage.PipelineStage;
import dev.pando.actors.stage.StageReport;
import dev.pando.actors.supervisor.JobSupervisor;
import dev.pando.actors.supervisor.RecoveredLeadership;
import dev.pando.training.step.LossHistory;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.FishingOutcomes;
import org.apache.pekko.actor.testkit.typed.javadsl.ManualTime;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// A supervisor takes over, and whom it asks first hangs: how long is too long it knows from those who served before.
class HungAfterTakeoverTest {
    private static final Duration DEADLINE = Duration.ofSeconds(60);
    private static final Duration TICK = Duration.ofNanos(MissedReplies.TICK_NS);
    private static final long SHARD_NS = 100_000_000L;
    private static final ReplicaInventory HOLDING = new ReplicaInventory(3, LossHistory.EMPTY, List.of(), List.of());
    private static final String NODE = "pekko://grove@one:1";

    private final ActorTestKit kit = ActorTestKit.create(ManualTime.config());
    private final ManualTime time = ManualTime.get(kit.system());
    private final TestProbe<JobEvent> audience = kit.createTestProbe();
    private final TestProbe<PipelineStage.Command> stage = kit.createTestProbe();

    @AfterEach
    void stop() {
        kit.shutdownTestKit();
    }

    @Test
    void shouldGiveUpAWorkerThatHangsByThePaceThatWasKnownBefore() {
        ActorRef<JobSupervisor.Command> supervisor = takeOver("worker-0", "worker-1");
        ordered(PipelineStage.Compute.class);
        ordered(PipelineStage.Compute.class);

        for (int tick = 0; tick < 30; tick++) { // a second and a half, and both processes are alive
            time.timePasses(TICK);
            supervisor.tell(new JobSupervisor.FromStage(new StageReport.Alive("worker-0")));
            supervisor.tell(new JobSupervisor.FromStage(new StageReport.Alive("worker-1")));
        }

        JobEvent.WorkerLost lost =
                (JobEvent.WorkerLost)
                        audience.fishForMessage(
                                        DEADLINE,
                                        event ->
                                                event instanceof JobEvent.WorkerLost
                                                        ? FishingOutcomes.complete()
                                                        : FishingOutcomes.continueAndIgnore())
                                .getLast();
        assertThat(lost.evidence()).isEqualTo("silent for 1000 ms, beyond the job's own pace");
    }

    private ActorRef<JobSupervisor.Command> takeOver(String... workers) {
        TreeMap<String, String> nodes = new TreeMap<>();
        List.of(workers).forEach(worker -> nodes.put(worker, NODE));
        ActorRef<JobSupervisor.Command> supervisor =
                kit.spawn(
                        JobSupervisor.create(
                                new JobSpec("tiny", 10, 2, workers.length, 5, ""),
                                new RecoveredLeadership(2, 0, nodes, Set.of()),
                                Quorum.alone(kit.system(), () -> 0),
                                kit.spawn(Behaviors.ignore()),
                                audience.ref(),
                                () -> 0));
        for (String worker : workers) {
            supervisor.tell(
                    new JobSupervisor.FromStage(
                            new StageReport.Arrived(
                                    worker, HOLDING, SHARD_NS, "here", stage.ref(), kit.spawn(Behaviors.ignore()))));
        }
        return supervisor;
    }

    private void ordered(Class<? extends PipelineStage.Command> kind) {
        stage.fishForMessage(
                DEADLINE,
                order -> kind.isInstance(order) ? FishingOutcomes.complete() : FishingOutcomes.continueAndIgnore());
    }
}
