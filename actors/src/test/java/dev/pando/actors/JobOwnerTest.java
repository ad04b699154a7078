package dev.pando.actors;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.actors.job.JobEntry;
import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.JobSpec;
import dev.pando.actors.job.JobStatus;
import dev.pando.actors.owner.JobOwner;
import dev.pando.training.step.PlainLoop;
import dev.pando.training.tensor.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class JobOwnerTest {
    private static final int SHARDS = 7;
    private static final int STEPS = 25;

    @Test
    void shouldTrainAJobAndKeepItsHistory() throws InterruptedException {
        try (TinyCluster cluster = new TinyCluster(_ -> new TinyTrainer())) {
            cluster.watch("tiny", cluster.start(1));

            JobOwner.Answer answer = cluster.submit(job(1));

            assertThat(answer).isEqualTo(new JobOwner.Accepted("tiny"));
            assertThat(cluster.await(JobEvent.Finished.class).hash()).isEqualTo(undisturbed());
            assertThat(cluster.seen(JobEvent.StepCommitted.class)).hasSize(STEPS);
            List<JobEntry> entries =
                    cluster.<JobOwner.History>ask("tiny", replyTo -> new JobOwner.AskHistory(0, replyTo)).entries();
            assertThat(entries.getFirst()).isInstanceOf(JobEntry.Submitted.class);
            assertThat(entries.get(1)).isInstanceOf(JobEntry.Led.class);
            assertThat(entries.getLast())
                    .isInstanceOfSatisfying(
                            JobEntry.Happened.class,
                            last -> assertThat(last.event()).isInstanceOf(JobEvent.Finished.class));
            assertThat(entries).hasSizeLessThan(STEPS);
        }
    }

    @Test
    void shouldNotRedoAStepWhenTheNodeDiesThatLeads() throws InterruptedException {
        Gate gate = new Gate();
        try (TinyCluster cluster = new TinyCluster(_ -> gate.closedAt(7))) {
            cluster.start(3);
            cluster.submit(job(3));
            gate.awaitArrivals(3);
            var leading = cluster.leading("tiny");
            cluster.watch("tiny", cluster.other(List.of(leading)));
            cluster.await(JobEvent.Started.class);

            cluster.kill(List.of(leading));
            gate.open();

            assertGoesOnAt(7, cluster);
            assertThat(cluster.seen(JobEvent.WorkerLost.class)).isNotEmpty();
        }
    }

    @Test
    void shouldNotRedoAStepWhenWhoLeadsAndWhoPlacesDieTogether() throws InterruptedException {
        Gate gate = new Gate();
        try (TinyCluster cluster = new TinyCluster(_ -> gate.closedAt(12))) {
            var oldest = cluster.start(3);
            cluster.submit(job(3));
            gate.awaitArrivals(3);
            var leading = cluster.leading("tiny");
            boolean isOne = leading.address().equals(oldest.address()); // who leads where others came late
            var second = isOne ? cluster.other(List.of(leading)) : oldest;
            cluster.watch("tiny", cluster.other(List.of(leading, second)));
            cluster.await(JobEvent.Started.class);

            cluster.kill(List.of(leading, second));
            gate.open();

            assertGoesOnAt(12, cluster);
            assertThat(cluster.seen(JobEvent.WorkerLost.class)).hasSizeGreaterThanOrEqualTo(2);
        }
    }

    @Test
    void shouldNotRedoAStepWhenTheJournalIsLostWhileBothDie() throws InterruptedException {
        Gate gate = new Gate();
        try (TinyCluster cluster = new TinyCluster(_ -> gate.closedAt(9))) {
            var oldest = cluster.start(3);
            cluster.submit(job(3));
            gate.awaitArrivals(3);
            var leading = cluster.leading("tiny");
            boolean isOne = leading.address().equals(oldest.address());
            var second = isOne ? cluster.other(List.of(leading)) : oldest;
            cluster.watch("tiny", cluster.other(List.of(leading, second)));
            cluster.await(JobEvent.Started.class);

            cluster.loseTheJournalFor(3);
            cluster.kill(List.of(leading, second));
            gate.open();

            assertGoesOnAt(9, cluster);
            assertThat(cluster.hasTheJournal()).isTrue();
        }
    }

    private static void assertGoesOnAt(long step, TinyCluster cluster) throws InterruptedException {
        assertThat(cluster.await(JobEvent.Finished.class).hash()).isEqualTo(undisturbed());
        assertThat(cluster.seen(JobEvent.Started.class))
                .containsExactly(new JobEvent.Started(0, false), new JobEvent.Started(step, true));
        assertThat(cluster.seen(JobEvent.StepCommitted.class))
                .extracting(JobEvent.StepCommitted::step)
                .containsExactlyElementsOf(LongStream.range(0, STEPS).boxed().toList());
        assertThat(cluster.seen(JobEvent.StateLoaded.class)).isEmpty();
    }

    @Test
    void shouldGoOnByItselfWhenAllNodesDiedAndOneIsStartedAgain() throws InterruptedException {
        Gate gate = new Gate();
        try (TinyCluster cluster = new TinyCluster(_ -> gate.closedAt(17))) {
            cluster.watch("tiny", cluster.start(2));
            cluster.submit(job(2));
            gate.awaitArrivals(2);
            cluster.await(JobEvent.CheckpointDurable.class);
            cluster.killAll();
            gate.open();

            cluster.watch("tiny", cluster.start(2));

            assertThat(cluster.await(JobEvent.Finished.class).hash()).isEqualTo(undisturbed());
            assertThat(cluster.seen(JobEvent.StateLoaded.class))
                    .extracting(JobEvent.StateLoaded::step)
                    .containsOnly(10L);
        }
    }

    @Test
    void shouldEndAndGoOnAsItIsAsked() throws InterruptedException {
        Gate gate = new Gate();
        try (TinyCluster cluster = new TinyCluster(_ -> gate.closedAt(7))) {
            cluster.watch("tiny", cluster.start(1));
            assertThat(cluster.<JobOwner.Answer>ask("none", JobOwner.Stop::new))
                    .isEqualTo(new JobOwner.Refused("there is no job none"));
            assertThat(cluster.ask("none", JobOwner.AskStatus::new).phase()).isEqualTo(JobStatus.Phase.UNKNOWN);
            cluster.submit(job(1));
            gate.awaitArrivals(1);

            assertThat(cluster.submit(job(1))).isEqualTo(new JobOwner.Accepted("tiny"));
            assertThat(cluster.submit(new JobSpec("tiny", 3, 2, 1, 1, ""))).isInstanceOf(JobOwner.Refused.class);
            assertThat(cluster.<JobOwner.Answer>ask("tiny", JobOwner.Stop::new))
                    .isEqualTo(new JobOwner.Accepted("tiny"));
            assertThat(cluster.ask("tiny", JobOwner.AskStatus::new).phase()).isEqualTo(JobStatus.Phase.STOPPING);
            gate.open();
            assertThat(cluster.await(JobEvent.Stopped.class).step()).isEqualTo(8);
            assertThat(cluster.ask("tiny", JobOwner.AskStatus::new).phase()).isEqualTo(JobStatus.Phase.STOPPED);

            cluster.submit(job(1));
            cluster.watchAgain("tiny");
            assertThat(cluster.await(JobEvent.Finished.class).hash()).isEqualTo(undisturbed());
            assertThat(cluster.ask("tiny", JobOwner.AskStatus::new))
                    .satisfies(status -> {
                        assertThat(status.phase()).isEqualTo(JobStatus.Phase.FINISHED);
                        assertThat(status.step()).isEqualTo(STEPS);
                        assertThat(status.incarnation()).isEqualTo(2);
                    });
        }
    }

    @Test
    void shouldEndAtOnceWhenItIsCancelled() throws InterruptedException {
        Gate gate = new Gate();
        try (TinyCluster cluster = new TinyCluster(_ -> gate.closedAt(7))) {
            cluster.watch("tiny", cluster.start(1));
            cluster.submit(job(1));
            gate.awaitArrivals(1);

            cluster.<JobOwner.Answer>ask("tiny", JobOwner.Cancel::new);

            assertThat(cluster.await(JobEvent.Stopped.class).step()).isEqualTo(7);
            assertThat(cluster.seen(JobEvent.CheckpointDurable.class)).isEmpty();
            gate.open();
        }
    }

    /// Where trainers wait in one step until the test lets them go on.
    private static final class Gate {
        private final Semaphore arrivals = new Semaphore(0);
        private final CountDownLatch opened = new CountDownLatch(1);

        TinyTrainer closedAt(long step) {
            return new TinyTrainer() {
                @Override
                public ShardLoss compute(int shard, MemorySegment gradient) {
                    if (step() == step) {
                        arrivals.release();
                        pass();
                    }
                    return super.compute(shard, gradient);
                }
            };
        }

        private void pass() {
            try {
                assertThat(opened.await(60, TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException ended) {
                Thread.currentThread().interrupt();
            }
        }

        void awaitArrivals(int number) throws InterruptedException {
            assertThat(arrivals.tryAcquire(number, 60, TimeUnit.SECONDS)).isTrue();
        }

        void open() {
            opened.countDown();
        }
    }

    private static JobSpec job(int workers) {
        return new JobSpec("tiny", STEPS, SHARDS, workers, 10, "");
    }

    static String undisturbed() {
        try (TinyTrainer trainer = new TinyTrainer();
                Arena arena = Arena.ofConfined()) {
            PlainLoop loop = new PlainLoop(trainer, SHARDS, Memory.of(arena));
            loop.run(STEPS, committed -> {});
            return loop.hash();
        }
    }
}
