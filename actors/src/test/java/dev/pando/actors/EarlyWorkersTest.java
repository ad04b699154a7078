package dev.pando.actors;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.actors.checkpoint.CheckpointWriter;
import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.JobSpec;
import dev.pando.actors.job.ReplicaInventory;
import dev.pando.actors.job.Stopwatch;
import dev.pando.actors.stage.GpuWorker;
import dev.pando.actors.stage.PipelineStage;
import dev.pando.actors.stage.StageReport;
import dev.pando.actors.supervisor.JobSupervisor;
import java.util.List;
import java.util.Optional;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// A store may be slower to say what it holds than workers are to come.
class EarlyWorkersTest {
    private final ActorTestKit kit = ActorTestKit.create();
    private final TestProbe<CheckpointWriter.Command> writer = kit.createTestProbe();
    private final TestProbe<JobEvent> audience = kit.createTestProbe();
    private final TestProbe<PipelineStage.Command> stage = kit.createTestProbe();
    private final TestProbe<GpuWorker.Command> device = kit.createTestProbe();

    @AfterEach
    void stop() {
        kit.shutdownTestKit();
    }

    @Test
    void shouldTrainWithWorkersThatCameBeforeTheCheckpointsWereListed() {
        JobSpec job = new JobSpec("tiny", 5, 1, 2, 10, "");
        ActorRef<JobSupervisor.Command> supervisor =
                kit.spawn(JobSupervisor.create(job, writer.ref(), audience.ref(), Stopwatch.system()));
        writer.expectMessageClass(CheckpointWriter.FindNewest.class);

        arrive(supervisor, "worker-0");
        arrive(supervisor, "worker-1");
        supervisor.tell(new JobSupervisor.FromWriter(new CheckpointWriter.Found(Optional.empty(), List.of())));

        assertThat(stage.expectMessageClass(PipelineStage.EnterEpoch.class).membership().members()).hasSize(2);
        device.expectNoMessage();
    }

    private void arrive(ActorRef<JobSupervisor.Command> supervisor, String worker) {
        supervisor.tell(
                new JobSupervisor.FromStage(
                        new StageReport.Arrived(
                                worker, ReplicaInventory.fresh(), 0, "here", stage.ref(), device.ref())));
    }
}
