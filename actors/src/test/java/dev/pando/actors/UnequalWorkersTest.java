package dev.pando.actors;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.actors.checkpoint.CheckpointWriter;
import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.JobSpec;
import dev.pando.actors.job.ReplicaInventory;
import dev.pando.actors.stage.GpuWorker;
import dev.pando.actors.stage.PipelineStage;
import dev.pando.actors.stage.StageReport;
import dev.pando.actors.supervisor.JobSupervisor;
import dev.pando.training.step.Trainer.Committed;
import dev.pando.training.step.Trainer.Examined;
import dev.pando.training.step.Trainer.ShardLoss;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.FishingOutcomes;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// The supervisor that ships, and workers that say how long they took: no time passes here.
class UnequalWorkersTest {
    private static final int SHARDS = 12;
    private static final Map<String, Double> SECONDS = Map.of("worker-0", 1.0, "worker-1", 1.0, "worker-2", 3.0);
    private static final Duration DEADLINE = Duration.ofSeconds(60);

    private record Order(String worker, PipelineStage.Compute compute) {}

    private final ActorTestKit kit = ActorTestKit.create();
    private final TestProbe<JobEvent> audience = kit.createTestProbe();
    private final BlockingQueue<Order> orders = new LinkedBlockingQueue<>();

    @AfterEach
    void stop() {
        kit.shutdownTestKit();
    }

    @Test
    void shouldGiveTheSlowOneLessAndNameIt() throws InterruptedException {
        JobSpec job = new JobSpec("tiny", 1_000_000, SHARDS, SECONDS.size(), 1_000_000, "");
        ActorRef<CheckpointWriter.Command> writer = kit.spawn(Behaviors.ignore());
        ActorRef<JobSupervisor.Command> supervisor =
                kit.spawn(JobSupervisor.create(job, writer, audience.ref(), () -> 0));
        ActorRef<GpuWorker.Command> device = kit.spawn(Behaviors.ignore());

        SECONDS.keySet()
                .forEach(worker ->
                        supervisor.tell(
                                new JobSupervisor.FromStage(
                                        new StageReport.Arrived(
                                                worker,
                                                ReplicaInventory.fresh(),
                                                0,
                                                "here",
                                                kit.spawn(stage(worker, supervisor)),
                                                device))));
        supervisor.tell(new JobSupervisor.FromWriter(new CheckpointWriter.Found(Optional.empty(), List.of())));

        assertThat(sharesOfTheSlowOne(0)).isEqualTo(4);
        assertThat(sharesOfTheSlowOne(40)).isBetween(1, 2);
        List<JobEvent> until =
                audience.fishForMessage(
                        DEADLINE,
                        event ->
                                event instanceof JobEvent.WorkerFellBehind
                                        ? FishingOutcomes.complete()
                                        : FishingOutcomes.continueAndIgnore());
        assertThat(until.getLast())
                .isInstanceOfSatisfying(
                        JobEvent.WorkerFellBehind.class,
                        slow -> {
                            assertThat(slow.worker()).isEqualTo("worker-2");
                            assertThat(slow.times()).isEqualTo(3.0);
                        });
        supervisor.tell(new JobSupervisor.Cancel());
    }

    private int sharesOfTheSlowOne(long step) throws InterruptedException {
        while (true) {
            Order order = orders.poll(DEADLINE.toSeconds(), TimeUnit.SECONDS);
            assertThat(order).as("an order for step " + step).isNotNull();
            if (order.worker().equals("worker-2") && order.compute().step() == step) {
                return order.compute().shards().size();
            }
        }
    }

    /// Does at once what it is told, and says that it took its time.
    private Behavior<PipelineStage.Command> stage(String worker, ActorRef<JobSupervisor.Command> supervisor) {
        ShardLoss loss = new ShardLoss(1, 1);
        return Behaviors.receive(PipelineStage.Command.class)
                .onMessage(
                        PipelineStage.Compute.class,
                        compute -> {
                            orders.add(new Order(worker, compute));
                            for (int shard : compute.shards()) {
                                supervisor.tell(
                                        new JobSupervisor.FromStage(
                                                new StageReport.Computed(
                                                        worker,
                                                        compute.step(),
                                                        compute.epoch(),
                                                        shard,
                                                        loss,
                                                        SECONDS.get(worker))));
                            }
                            return Behaviors.same();
                        })
                .onMessage(
                        PipelineStage.Reduce.class,
                        reduce -> {
                            supervisor.tell(
                                    new JobSupervisor.FromStage(
                                            new StageReport.Voted(
                                                    worker, reduce.step(), reduce.epoch(), new Examined(1, 7))));
                            return Behaviors.same();
                        })
                .onMessage(
                        PipelineStage.Apply.class,
                        apply -> {
                            Committed step = new Committed(apply.step(), 1, 1, 1, SHARDS);
                            supervisor.tell(
                                    new JobSupervisor.FromStage(new StageReport.Applied(worker, apply.epoch(), step)));
                            return Behaviors.same();
                        })
                .onAnyMessage(_ -> Behaviors.same())
                .build();
    }
}
