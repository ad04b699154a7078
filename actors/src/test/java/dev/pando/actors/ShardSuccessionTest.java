package dev.pando.actors;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.actors.job.DeviceThread;
import dev.pando.actors.job.Epoch;
import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.JobSpec;
import dev.pando.actors.job.MomentPlacement;
import dev.pando.actors.job.OptimizerShard;
import dev.pando.actors.job.ReplicaFactory;
import dev.pando.actors.job.ReplicaInventory;
import dev.pando.actors.job.Stopwatch;
import dev.pando.actors.stage.GpuWorker.Leader;
import dev.pando.actors.stage.PipelineStage;
import dev.pando.actors.stage.StageReport;
import dev.pando.actors.stage.StageStart;
import dev.pando.training.step.Collective.Member;
import dev.pando.training.step.Collective.Membership;
import dev.pando.training.step.ForwardingTrainer;
import dev.pando.training.step.LocalCollective;
import dev.pando.training.step.PlainLoop;
import dev.pando.training.step.SkipRule;
import dev.pando.training.step.Trainer;
import dev.pando.training.step.Trainer.ShardLoss;
import dev.pando.training.tensor.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.junit.jupiter.api.Test;

/// The supervisor of a job is lost between the commit of a step and the last word of it, where optimizer state is
/// sharded: what only some have applied the others apply.
class ShardSuccessionTest {
    private static final long DEADLINE_S = 60;
    private static final int STEPS = 14;
    private static final int SHARDS = 4;
    private static final int STEP = 9;

    @Test
    void shouldApplyForTheNextSupervisorWhatItHasSummedForTheLast() throws InterruptedException {
        ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), "succession");
        DeviceThread device = DeviceThread.Factory.platform().start("device-worker-0");
        try {
            BlockingQueue<Object> heard = new LinkedBlockingQueue<>();
            ActorRef<Object> supervisor =
                    system.systemActorOf(
                            Behaviors.<Object>receiveMessage(message -> {
                                heard.add(message);
                                return Behaviors.same();
                            }),
                            "supervisor",
                            Props.empty());
            JobSpec job = new JobSpec("tiny", 3, 1, 1, 5, TinyGrove.ADAM).sharded(1);
            ActorRef<PipelineStage.Command> stage =
                    system.systemActorOf(
                            StageStart.create(
                                    job,
                                    "worker-0",
                                    device,
                                    system.ignoreRef(),
                                    new Bench(),
                                    new Leader(1, supervisor.narrow(), supervisor.narrow()),
                                    system.ignoreRef(),
                                    Stopwatch.system(),
                                    DeviceThread.Factory.platform()),
                            "stage",
                            Props.empty());
            OptimizerShard fresh = await(heard, StageReport.Arrived.class).holding().share().orElseThrow();
            MomentPlacement all = MomentPlacement.none().with("worker-0", MomentPlacement.none().lost(fresh.cut()));
            long epoch = enter(stage, job, 0, 1);
            stage.tell(
                    new PipelineStage.Regroup(
                            0,
                            epoch,
                            ReplicaInventory.fresh().history(),
                            MomentPlacement.none(),
                            all,
                            List.of("worker-0"),
                            List.of(),
                            -1,
                            1_000));
            stage.tell(new PipelineStage.Keep(epoch, new TreeSet<>(all.of("worker-0"))));
            stage.tell(new PipelineStage.Compute(0, epoch, List.of(0)));
            ShardLoss total = await(heard, StageReport.Computed.class).loss();
            stage.tell(new PipelineStage.Reduce(0, epoch, total, TimeUnit.SECONDS.toNanos(DEADLINE_S)));
            await(heard, StageReport.Voted.class);

            stage.tell(new PipelineStage.Serve(new Leader(2, supervisor.narrow(), supervisor.narrow())));
            ReplicaInventory holding = await(heard, StageReport.Arrived.class).holding();
            long next = enter(stage, job, 1, 2);
            PipelineStage.Update update = new PipelineStage.Update(0, next, Optional.of(total), all, -1, 1_000);
            stage.tell(update);
            stage.tell(update); // it makes no difference how often

            OptimizerShard.Prepared prepared = holding.share().orElseThrow().prepared().orElseThrow();
            assertThat(holding.step()).isZero();
            assertThat(prepared.total()).isEqualTo(total);
            assertThat(await(heard, StageReport.Applied.class).committed().step()).isZero();
            assertThat(await(heard, StageReport.Ready.class).step()).isEqualTo(1);
            assertThat(await(heard, StageReport.Ready.class).step()).isEqualTo(1);
            stage.tell(new PipelineStage.Serve(new Leader(3, supervisor.narrow(), supervisor.narrow())));
            ReplicaInventory after = await(heard, StageReport.Arrived.class).holding();
            assertThat(after.history()).isEqualTo(prepared.next());
            assertThat(after.share())
                    .contains(new OptimizerShard(fresh.cut(), all.of("worker-0"), true, Optional.empty()));
        } finally {
            system.terminate();
            device.abandon();
        }
    }

    @Test
    void shouldRedoNothingWhenWhoLeadsDiesWhileAStepIsApplied() throws InterruptedException {
        Semaphore arrivals = new Semaphore(0);
        CountDownLatch opened = new CountDownLatch(1);
        try (TinyCluster cluster = new TinyCluster(_ -> new Held(TinyAdam.sharded(), arrivals, opened))) {
            cluster.start(3);
            cluster.submit(new JobSpec("tiny", STEPS, SHARDS, 3, 20, TinyGrove.ADAM).sharded(2));
            assertThat(arrivals.tryAcquire(3, DEADLINE_S, TimeUnit.SECONDS)).isTrue();
            var leading = cluster.leading("tiny");
            cluster.watch("tiny", cluster.other(List.of(leading)));
            cluster.await(JobEvent.Started.class);

            cluster.kill(List.of(leading));
            opened.countDown();

            assertThat(cluster.await(JobEvent.Finished.class).hash()).isEqualTo(undisturbed());
            assertThat(cluster.seen(JobEvent.Started.class))
                    .containsExactly(new JobEvent.Started(0, false), new JobEvent.Started(STEP + 1, true));
            assertThat(cluster.seen(JobEvent.StepCommitted.class))
                    .extracting(JobEvent.StepCommitted::step)
                    .containsExactlyElementsOf(LongStream.range(0, STEPS).boxed().toList());
            assertThat(cluster.seen(JobEvent.StateLoaded.class)).isEmpty();
        }
    }

    /// Waits before it applies one step.
    private static final class Held extends ForwardingTrainer {
        private final Semaphore arrivals;
        private final CountDownLatch opened;

        Held(Trainer trainer, Semaphore arrivals, CountDownLatch opened) {
            super(trainer);
            this.arrivals = arrivals;
            this.opened = opened;
        }

        @Override
        public Committed apply(MemorySegment sum, ShardLoss total) {
            if (step() == STEP) {
                arrivals.release();
                try {
                    assertThat(opened.await(DEADLINE_S, TimeUnit.SECONDS)).isTrue();
                } catch (InterruptedException ended) {
                    Thread.currentThread().interrupt();
                }
            }
            return super.apply(sum, total);
        }
    }

    private static final class Bench implements ReplicaFactory {
        @Override
        public Replica replica(JobSpec job, String worker) {
            return new Replica(TinyAdam.sharded(), new LocalCollective.Meeting().join());
        }

        @Override
        public MemoryStore checkpoints(JobSpec job) {
            return new MemoryStore();
        }

        @Override
        public Map<String, String> checkpointAttributes(JobSpec job) {
            return Map.of();
        }
    }

    private static long enter(ActorRef<PipelineStage.Command> stage, JobSpec job, long step, long incarnation) {
        long epoch = Epoch.beforeFirst(incarnation) + 1;
        List<Member> alone = List.of(new Member("worker-0", "local-0"));
        stage.tell(new PipelineStage.EnterEpoch(step, new Membership(job.id(), epoch, alone)));
        return epoch;
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

    private static String undisturbed() {
        try (TinyAdam trainer = TinyAdam.whole();
                Arena arena = Arena.ofConfined()) {
            PlainLoop loop = new PlainLoop(trainer, SHARDS, Memory.of(arena), SkipRule.DEFAULT);
            loop.run(STEPS, _ -> {});
            return loop.hash();
        }
    }
}
