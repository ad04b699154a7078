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
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.FishingOutcomes;
import org.apache.pekko.actor.testkit.typed.javadsl.ManualTime;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.BehaviorInterceptor;
import org.apache.pekko.actor.typed.TypedActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// The supervisor that ships, and a worker whose process stands still; time passes when the test says so, and not
/// before the supervisor has heard what came before: what passes between two signs of life is what it measures.
class FrozenWorkerTest {
    private static final String FROZEN = "worker-1";
    private static final int SHARDS = 6;
    private static final Duration BETWEEN_SIGNS = Duration.ofMillis(100);
    private static final Duration DEADLINE = Duration.ofSeconds(60);
    private static final JobSupervisor.Command OF_NO_WORKER =
            new JobSupervisor.FromStage(new StageReport.Alive("none"));

    private final ActorTestKit kit = ActorTestKit.create(ManualTime.config());
    private final ManualTime time = ManualTime.get(kit.system());
    private final AtomicLong nowNs = new AtomicLong();
    private final TestProbe<JobSupervisor.Command> heard = kit.createTestProbe();
    private final TestProbe<JobEvent> audience = kit.createTestProbe();
    private final TestProbe<PipelineStage.Command> frozenStage = kit.createTestProbe();
    private final TestProbe<GpuWorker.Command> frozenDevice = kit.createTestProbe();
    private final ActorRef<GpuWorker.Command> device = kit.spawn(Behaviors.ignore());

    @AfterEach
    void stop() {
        kit.shutdownTestKit();
    }

    @Test
    void shouldGiveItsWorkToOthersAndLetItInAgain() {
        ActorRef<JobSupervisor.Command> supervisor = begin("worker-0", FROZEN, "worker-2");
        pass(supervisor, 5, "worker-0", FROZEN, "worker-2");

        pass(supervisor, 6, "worker-0", "worker-2"); // and nothing of its share of the first step

        assertThat(next(JobEvent.WorkerFellSilent.class).worker()).isEqualTo(FROZEN);
        assertThat(next(JobEvent.ShardsMoved.class).to()).isNotEqualTo(FROZEN);
        assertThat(next(JobEvent.StepCommitted.class).workers()).isEqualTo(2);

        supervisor.tell(new JobSupervisor.FromStage(new StageReport.Alive(FROZEN)));
        PipelineStage.ReceiveState order =
                (PipelineStage.ReceiveState)
                        frozenStage
                                .fishForMessage(
                                        DEADLINE,
                                        message ->
                                                message instanceof PipelineStage.ReceiveState
                                                        ? FishingOutcomes.complete()
                                                        : FishingOutcomes.continueAndIgnore())
                                .getLast();
        supervisor.tell(new JobSupervisor.FromStage(new StageReport.Ready(FROZEN, order.epoch(), order.step())));

        assertThat(next(JobEvent.WorkerJoined.class).worker()).as("under its own name").isEqualTo(FROZEN);
        supervisor.tell(new JobSupervisor.Cancel());
        next(JobEvent.Stopped.class);
        frozenDevice.expectNoMessage(Duration.ZERO); // it was never given up
    }

    @Test
    void shouldNotTakeABusyWorkerForAFrozenOne() {
        ActorRef<JobSupervisor.Command> supervisor = begin("worker-0", FROZEN, "worker-2");

        pass(supervisor, 9, "worker-0", FROZEN, "worker-2");

        assertThat(untilCancelled(supervisor))
                .doesNotHaveAnyElementsOfTypes(JobEvent.WorkerFellSilent.class, JobEvent.WorkerLost.class);
    }

    @Test
    void shouldWaitForTheLastCopyOfTheState() {
        ActorRef<JobSupervisor.Command> supervisor = begin(FROZEN);
        pass(supervisor, 5, FROZEN);

        pass(supervisor, 50);

        assertThat(untilCancelled(supervisor))
                .doesNotHaveAnyElementsOfTypes(JobEvent.WorkerFellSilent.class, JobEvent.WorkerLost.class);
    }

    private ActorRef<JobSupervisor.Command> begin(String... workers) {
        JobSpec job = new JobSpec("tiny", 1_000_000, SHARDS, workers.length, 1_000_000, "");
        ActorRef<JobSupervisor.Command> supervisor =
                kit.spawn(
                        answering(
                                JobSupervisor.create(job, kit.spawn(Behaviors.ignore()), audience.ref(), nowNs::get)));
        for (String worker : workers) {
            boolean frozen = worker.equals(FROZEN);
            supervisor.tell(
                    new JobSupervisor.FromStage(
                            new StageReport.Arrived(
                                    worker,
                                    ReplicaInventory.fresh(),
                                    0,
                                    "here",
                                    frozen ? frozenStage.ref() : kit.spawn(stage(worker, supervisor)),
                                    frozen ? frozenDevice.ref() : device)));
        }
        supervisor.tell(new JobSupervisor.FromWriter(new CheckpointWriter.Found(Optional.empty(), List.of())));
        frozenStage.expectMessageClass(PipelineStage.EnterEpoch.class);
        frozenStage.expectMessageClass(PipelineStage.Compute.class);
        return supervisor;
    }

    /// So many times a tenth of a second passes, and these workers give a sign of life.
    private void pass(ActorRef<JobSupervisor.Command> supervisor, int times, String... alive) {
        for (int i = 0; i < times; i++) {
            nowNs.addAndGet(BETWEEN_SIGNS.toNanos());
            time.timePasses(BETWEEN_SIGNS);
            for (String worker : alive) {
                supervisor.tell(new JobSupervisor.FromStage(new StageReport.Alive(worker)));
            }
            supervisor.tell(OF_NO_WORKER);
            heard.expectMessage(DEADLINE, OF_NO_WORKER);
        }
    }

    /// Reports when it has received the sign of life of no worker, and so every message before that.
    private Behavior<JobSupervisor.Command> answering(Behavior<JobSupervisor.Command> supervisor) {
        return Behaviors.intercept(
                () ->
                        new BehaviorInterceptor<>(JobSupervisor.Command.class) {
                            @Override
                            public Behavior<JobSupervisor.Command> aroundReceive(
                                    TypedActorContext<JobSupervisor.Command> context,
                                    JobSupervisor.Command message,
                                    ReceiveTarget<JobSupervisor.Command> target) {
                                Behavior<JobSupervisor.Command> next = target.apply(context, message);
                                if (message.equals(OF_NO_WORKER)) {
                                    heard.ref().tell(message);
                                }
                                return next;
                            }
                        },
                supervisor);
    }

    private <E extends JobEvent> E next(Class<E> kind) {
        List<JobEvent> heard =
                audience.fishForMessage(
                        DEADLINE,
                        event ->
                                kind.isInstance(event)
                                        ? FishingOutcomes.complete()
                                        : FishingOutcomes.continueAndIgnore());
        return kind.cast(heard.getLast());
    }

    private List<JobEvent> untilCancelled(ActorRef<JobSupervisor.Command> supervisor) {
        supervisor.tell(new JobSupervisor.Cancel());
        return audience.fishForMessage(
                DEADLINE,
                event ->
                        event instanceof JobEvent.Stopped
                                ? FishingOutcomes.complete()
                                : FishingOutcomes.continueAndCollect());
    }

    /// Does at once what it is told.
    private static Behavior<PipelineStage.Command> stage(String worker, ActorRef<JobSupervisor.Command> supervisor) {
        return Behaviors.receive(PipelineStage.Command.class)
                .onMessage(
                        PipelineStage.Compute.class,
                        order -> {
                            order.shards()
                                    .forEach(shard ->
                                            supervisor.tell(
                                                    new JobSupervisor.FromStage(
                                                            new StageReport.Computed(
                                                                    worker,
                                                                    order.step(),
                                                                    order.epoch(),
                                                                    shard,
                                                                    new ShardLoss(1, 1),
                                                                    0.001))));
                            return Behaviors.same();
                        })
                .onMessage(
                        PipelineStage.Reduce.class,
                        order -> {
                            supervisor.tell(
                                    new JobSupervisor.FromStage(
                                            new StageReport.Voted(
                                                    worker, order.step(), order.epoch(), new Examined(1, 7))));
                            return Behaviors.same();
                        })
                .onMessage(
                        PipelineStage.Apply.class,
                        order -> {
                            Committed step = new Committed(order.step(), 1, 1, 1, SHARDS);
                            supervisor.tell(
                                    new JobSupervisor.FromStage(new StageReport.Applied(worker, order.epoch(), step)));
                            return Behaviors.same();
                        })
                .onAnyMessage(_ -> Behaviors.same())
                .build();
    }
}
