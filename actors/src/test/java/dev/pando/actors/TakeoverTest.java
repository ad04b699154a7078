package dev.pando.actors;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.actors.job.JobSpec;
import dev.pando.actors.job.ReplicaInventory;
import dev.pando.actors.job.Stopwatch;
import dev.pando.actors.liveness.ClusterView;
import dev.pando.actors.liveness.Quorum;
import dev.pando.actors.stage.GpuWorker;
import dev.pando.actors.stage.PipelineStage;
import dev.pando.actors.stage.StageReport;
import dev.pando.actors.supervisor.JobSupervisor;
import dev.pando.actors.supervisor.RecoveredLeadership;
import dev.pando.training.step.LossHistory;
import dev.pando.training.step.Trainer.ShardLoss;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.receptionist.Receptionist;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// A supervisor takes over where one worker has computed all of a step, and another one was just restarted.
class TakeoverTest {
    private static final long DEADLINE_S = 60;
    private static final JobSpec JOB = new JobSpec("tiny", 10, 2, 2, 5, "");
    private static final long STEP = 3;
    private static final String HERE = "pekko://grove@one:1";
    private static final String THERE = "pekko://grove@other:1";
    private static final ShardLoss LOSS = new ShardLoss(1, 1);

    private final ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), "takeover");
    private final BlockingQueue<PipelineStage.Command> ordered = new LinkedBlockingQueue<>();

    /// Two nodes, of which a job's supervisor knows from the names of devices.
    private static final class TwoNodes implements ClusterView {
        @Override
        public String here() {
            return HERE;
        }

        @Override
        public Set<String> members() {
            return Set.of(HERE, THERE);
        }

        @Override
        public Set<String> unreachable() {
            return Set.of();
        }

        @Override
        public String of(ActorRef<?> actor) {
            return actor.path().name().startsWith("worker-0") ? HERE : THERE;
        }
    }

    @AfterEach
    void end() {
        system.terminate();
    }

    /// Says on entering an epoch what it has computed, computes nothing twice, and votes.
    private Behavior<PipelineStage.Command> stage(
            String worker, List<Integer> computed, ActorRef<StageReport> supervisor) {
        List<Integer> held = new ArrayList<>(computed);
        return Behaviors.receiveMessage(order -> {
            ordered.add(order);
            switch (order) {
                case PipelineStage.EnterEpoch enter ->
                        held.forEach(shard ->
                                supervisor.tell(
                                        new StageReport.Computed(
                                                worker, STEP, enter.membership().epoch(), shard, LOSS, 0)));
                case PipelineStage.ReceiveState receive ->
                        supervisor.tell(new StageReport.Ready(worker, receive.epoch(), receive.step()));
                case PipelineStage.Reduce reduce ->
                        supervisor.tell(
                                new StageReport.Voted(
                                        worker,
                                        reduce.step(),
                                        reduce.epoch(),
                                        new dev.pando.training.step.Trainer.Examined(1, 1)));
                default -> {}
            }
            return Behaviors.same();
        });
    }

    private void device(String worker, ReplicaInventory holding) {
        Behavior<GpuWorker.Command> device =
                Behaviors.setup(context -> {
                    context.getSystem().receptionist().tell(Receptionist.register(GpuWorker.KEY, context.getSelf()));
                    return Behaviors.receiveMessage(message -> {
                        if (message instanceof GpuWorker.Host host) {
                            ActorRef<PipelineStage.Command> stage =
                                    context.spawn(stage(worker, holding.shards(), host.leader().stages()), "stage");
                            host.leader()
                                    .stages()
                                    .tell(
                                            new StageReport.Arrived(
                                                    worker, holding, 0, worker, stage, context.getSelf()));
                        }
                        return Behaviors.same();
                    });
                });
        system.systemActorOf(device, worker.replace('#', '-'), Props.empty());
    }

    /// @return the first order of that kind
    private <T extends PipelineStage.Command> T await(Class<T> kind) throws InterruptedException {
        while (true) {
            PipelineStage.Command order = ordered.poll(DEADLINE_S, TimeUnit.SECONDS);
            assertThat(order).as("no " + kind.getSimpleName() + " within " + DEADLINE_S + " s").isNotNull();
            if (kind.isInstance(order)) {
                return kind.cast(order);
            }
        }
    }

    @Test
    void shouldGoOnWithWhatIsComputedBesideANewcomerOnTheNodeOfALostWorker() throws InterruptedException {
        device("worker-0", new ReplicaInventory(STEP, LossHistory.EMPTY, List.of(0, 1), List.of()));
        device("worker-1#2", new ReplicaInventory(0, LossHistory.EMPTY, List.of(), List.of()));
        RecoveredLeadership inheritance =
                new RecoveredLeadership(2, 0, new TreeMap<>(Map.of("worker-0", HERE, "worker-1", THERE)), Set.of());

        system.systemActorOf(
                JobSupervisor.create(
                        JOB,
                        inheritance,
                        new Quorum(new TwoNodes(), Stopwatch.system()),
                        system.ignoreRef(),
                        system.ignoreRef(),
                        Stopwatch.system()),
                "supervisor",
                Props.empty());

        assertThat(await(PipelineStage.Reduce.class).step()).isEqualTo(STEP); // no wait for what is there
        assertThat(await(PipelineStage.Apply.class).step()).isEqualTo(STEP); // and no node counts as cut off
    }
}
