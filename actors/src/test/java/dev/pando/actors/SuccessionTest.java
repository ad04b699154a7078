package dev.pando.actors;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.actors.checkpoint.CheckpointWriter;
import dev.pando.actors.job.DeviceThread;
import dev.pando.actors.job.Epoch;
import dev.pando.actors.job.JobSpec;
import dev.pando.actors.job.ReplicaFactory;
import dev.pando.actors.job.Stopwatch;
import dev.pando.actors.stage.GpuWorker.Leader;
import dev.pando.actors.stage.PipelineStage;
import dev.pando.actors.stage.StageReport;
import dev.pando.actors.stage.StageStart;
import dev.pando.training.step.CheckpointStore;
import dev.pando.training.step.Collective.Member;
import dev.pando.training.step.Collective.Membership;
import dev.pando.training.step.LocalCollective;
import dev.pando.training.step.Trainer.ShardLoss;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// A replica is in the middle of a copy of its state when another supervisor takes over.
class SuccessionTest {
    private static final long DEADLINE_S = 60;
    private static final JobSpec JOB = new JobSpec("tiny", 10, 2, 1, 5, "");

    private final ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), "succession");
    private final CountDownLatch first = new CountDownLatch(1);
    private final CountDownLatch second = new CountDownLatch(1);
    private final CountDownLatch secondBegan = new CountDownLatch(1);
    private final BlockingQueue<Object> toOne = new LinkedBlockingQueue<>();
    private final BlockingQueue<Object> toOther = new LinkedBlockingQueue<>();
    private final BlockingQueue<CheckpointWriter.Command> written = new LinkedBlockingQueue<>();
    private final DeviceThread device = DeviceThread.Factory.platform().start("device-worker-0");
    private final ActorRef<Object> one = listener(toOne, "one");
    private final ActorRef<Object> other = listener(toOther, "other");
    private final ActorRef<CheckpointWriter.Command> writer = listener(written, "writer");

    /// Waits before each of its first two copies.
    private final class HeldCopier implements DeviceThread {
        private final DeviceThread thread = DeviceThread.Factory.platform().start("held");
        private int copies;

        @Override
        public <T> CompletionStage<T> submit(Callable<T> copy) {
            boolean isFirst = copies++ == 0;
            return thread.submit(() -> {
                if (!isFirst) {
                    secondBegan.countDown();
                }
                (isFirst ? first : second).await(DEADLINE_S, TimeUnit.SECONDS);
                return copy.call();
            });
        }

        @Override
        public void submitLast(Runnable task) {
            thread.submitLast(task);
        }

        @Override
        public void abandon() {
            thread.abandon();
        }
    }

    private static final class Bench implements ReplicaFactory {
        @Override
        public Replica replica(JobSpec job, String worker) {
            return new Replica(new TinyTrainer(), new LocalCollective.Meeting().join());
        }

        @Override
        public CheckpointStore checkpoints(JobSpec job) {
            return new MemoryStore();
        }

        @Override
        public Map<String, String> checkpointAttributes(JobSpec job) {
            return Map.of();
        }
    }

    @AfterEach
    void end() {
        system.terminate();
        device.abandon();
    }

    private <T> ActorRef<T> listener(BlockingQueue<T> heard, String name) {
        return system.systemActorOf(
                Behaviors.<T>receiveMessage(message -> {
                    heard.add(message);
                    return Behaviors.same();
                }),
                name,
                Props.empty());
    }

    private static <T> T await(BlockingQueue<? super T> heard, Class<T> kind) throws InterruptedException {
        while (true) {
            Object message = heard.poll(DEADLINE_S, TimeUnit.SECONDS);
            assertThat(message).as("no " + kind.getSimpleName() + " within " + DEADLINE_S + " s").isNotNull();
            if (kind.isInstance(message)) {
                return kind.cast(message);
            }
        }
    }

    private ActorRef<PipelineStage.Command> stage() {
        DeviceThread.Factory threads =
                name -> name.startsWith("snapshot-") ? new HeldCopier() : DeviceThread.Factory.platform().start(name);
        return system.systemActorOf(
                StageStart.create(
                        JOB,
                        "worker-0",
                        device,
                        system.ignoreRef(),
                        new Bench(),
                        new Leader(1, one.narrow(), one.narrow()),
                        writer,
                        Stopwatch.system(),
                        threads),
                "stage",
                Props.empty());
    }

    private static long enter(ActorRef<PipelineStage.Command> stage, StageReport.Arrived arrived, long incarnation) {
        long epoch = Epoch.beforeFirst(incarnation) + 1;
        List<Member> alone = List.of(new Member("worker-0", arrived.address()));
        stage.tell(new PipelineStage.EnterEpoch(0, new Membership(JOB.id(), epoch, alone)));
        return epoch;
    }

    @Test
    void shouldNotWriteTheCopyThatAnEarlierSupervisorAskedFor() throws InterruptedException {
        ActorRef<PipelineStage.Command> stage = stage();
        long epoch = enter(stage, await(toOne, StageReport.Arrived.class), 1);
        stage.tell(new PipelineStage.TakeSnapshot(epoch, 0));

        stage.tell(new PipelineStage.Serve(new Leader(2, other.narrow(), other.narrow())));
        long later = enter(stage, await(toOther, StageReport.Arrived.class), 2);
        stage.tell(new PipelineStage.TakeSnapshot(later, 0));
        first.countDown();
        assertThat(secondBegan.await(DEADLINE_S, TimeUnit.SECONDS)).isTrue(); // the first is over

        writer.tell(new CheckpointWriter.FindNewest(JOB, other.narrow())); // comes behind whatever the first has caused
        assertThat(written.poll(DEADLINE_S, TimeUnit.SECONDS)).isInstanceOf(CheckpointWriter.FindNewest.class);
        second.countDown();
        assertThat(await(toOther, StageReport.SnapshotTaken.class).step()).isZero();
        assertThat(await(written, CheckpointWriter.Write.class).replyTo()).isEqualTo(other);
    }

    @Test
    void shouldBeginTheCopyThoughTheNextOrderIsHereAlready() throws InterruptedException {
        first.countDown();
        second.countDown();
        ActorRef<PipelineStage.Command> stage = stage();
        long epoch = enter(stage, await(toOne, StageReport.Arrived.class), 1);
        CountDownLatch busy = new CountDownLatch(1);
        device.submit(() -> busy.await(DEADLINE_S, TimeUnit.SECONDS));

        stage.tell(new PipelineStage.TakeSnapshot(epoch, 0));
        stage.tell(new PipelineStage.TakeSnapshot(epoch, 0));
        busy.countDown();

        await(toOne, StageReport.SnapshotTaken.class);
        await(toOne, StageReport.SnapshotTaken.class);
    }

    @Test
    void shouldAnswerWhoeverTakesOverWhileAnOrderWaitsForTheCopy() throws InterruptedException {
        ActorRef<PipelineStage.Command> stage = stage();
        long epoch = enter(stage, await(toOne, StageReport.Arrived.class), 1);
        stage.tell(new PipelineStage.TakeSnapshot(epoch, 0));
        stage.tell(new PipelineStage.Apply(0, epoch, new ShardLoss(1, 1)));

        stage.tell(new PipelineStage.Serve(new Leader(2, other.narrow(), other.narrow())));

        assertThat(await(toOther, StageReport.Arrived.class).holding().step()).isZero();
        first.countDown();
    }

    /// It said so when the epoch began, and the leader was busy with newcomers.
    @Test
    void shouldSayAgainWhatItHoldsWhenItIsAskedForIt() throws InterruptedException {
        ActorRef<PipelineStage.Command> stage = stage();
        long epoch = enter(stage, await(toOne, StageReport.Arrived.class), 1);
        stage.tell(new PipelineStage.Compute(0, epoch, List.of(1)));
        StageReport.Computed first = await(toOne, StageReport.Computed.class);

        stage.tell(new PipelineStage.Compute(0, epoch, List.of(0, 1)));

        assertThat(await(toOne, StageReport.Computed.class))
                .isEqualTo(new StageReport.Computed("worker-0", 0, epoch, 1, first.loss(), 0));
        assertThat(await(toOne, StageReport.Computed.class).shard()).isZero();
    }
}
