package dev.pando.actors;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.actors.TinyGrove.Fault;
import dev.pando.actors.TinyGrove.Point;
import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.JobSpec;
import dev.pando.training.step.PlainLoop;
import dev.pando.training.step.SkipRule;
import dev.pando.training.tensor.Memory;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Jobs whose moments are held in spans, each by several workers: the bits are those of replicas that hold everything.
class ShardedStateTest {
    private static final int SHARDS = 7;
    private static final int STEPS = 20;
    private static final int SPANS = 11;
    private static final String UNDISTURBED = undisturbed();

    @ParameterizedTest
    @CsvSource({"1, 1", "1, 3", "2, 1", "2, 2", "3, 1", "3, 2", "5, 2", "5, 3"})
    void shouldGiveTheBitsOfThePlainLoop(int workers, int copies) throws InterruptedException {
        try (TinyGrove grove = new TinyGrove(workers, new MemoryStore()).submit(job(workers, copies))) {
            assertThat(grove.awaitHash()).isEqualTo(UNDISTURBED);

            assertThat(grove.seen(JobEvent.StepCommitted.class)).hasSize(STEPS);
            assertThat(grove.seen(JobEvent.WorkerLost.class)).isEmpty();
        }
    }

    @Test
    void shouldHoldItsShareOfTheMomentsAndNoMore() throws InterruptedException {
        try (TinyGrove grove = new TinyGrove(5, new MemoryStore()).submit(job(5, 2))) {
            grove.awaitHash();

            assertThat(grove.trainers.values())
                    .hasSize(5)
                    .allSatisfy(trainer ->
                            assertThat(((TinyAdam) trainer).lastHeld())
                                    .hasSizeBetween(SPANS * 2 / 5, SPANS * 2 / 5 + 1));
        }
    }

    @ParameterizedTest
    @EnumSource(Point.class)
    void shouldLoseNothingWhenAWorkerThrows(Point point) throws InterruptedException {
        try (TinyGrove grove = new TinyGrove(4, new MemoryStore())) {
            grove.fault(new Fault("worker-1", point, stepOf(point), TinyGrove.throwing()));
            if (point == Point.REGROUP) {
                grove.fault(new Fault("worker-2", Point.COMPUTE, stepOf(point) - 1, TinyGrove.throwing()));
            }
            grove.submit(job(4, 3));

            assertThat(grove.awaitHash()).isEqualTo(UNDISTURBED);

            assertThat(lost(grove)).contains("worker-1");
            assertNothingWasRedone(grove);
        }
    }

    @ParameterizedTest
    @EnumSource(Point.class)
    void shouldLoseNothingWhenAWorkerHangs(Point point) throws InterruptedException {
        try (TinyGrove grove = new TinyGrove(4, new MemoryStore())) {
            grove.fault(new Fault("worker-1", point, stepOf(point), TinyGrove.hanging()));
            if (point == Point.REGROUP) {
                grove.fault(new Fault("worker-2", Point.COMPUTE, stepOf(point) - 1, TinyGrove.throwing()));
            }
            grove.submit(job(4, 3));

            assertThat(grove.awaitHash()).isEqualTo(UNDISTURBED);

            assertThat(lost(grove)).contains("worker-1");
            assertNothingWasRedone(grove);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Point.class,
            names = {"COMPUTE", "EXAMINE", "APPLY", "GATHER"})
    void shouldLoseNothingWhenAllHoldersButOneAreLostAtOnce(Point point) throws InterruptedException {
        try (TinyGrove grove = new TinyGrove(4, new MemoryStore())) {
            for (String worker : List.of("worker-0", "worker-3")) {
                grove.fault(new Fault(worker, point, 6, TinyGrove.throwing()));
            }
            grove.submit(job(4, 3));

            assertThat(grove.awaitHash()).isEqualTo(UNDISTURBED);

            assertThat(lost(grove)).contains("worker-0", "worker-3");
            assertNothingWasRedone(grove);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Point.class,
            names = {"COMPUTE", "EXAMINE", "APPLY", "GATHER"})
    void shouldGoOnFromTheCheckpointWhenNobodyHoldsSomeSpanAnyMore(Point point) throws InterruptedException {
        try (TinyGrove grove = new TinyGrove(3, new MemoryStore())) {
            grove.fault(new Fault("worker-1", point, 13, TinyGrove.throwing())).submit(job(3, 1));

            assertThat(grove.awaitHash()).isEqualTo(UNDISTURBED);

            assertThat(grove.seen(JobEvent.StateLoaded.class))
                    .extracting(JobEvent.StateLoaded::step)
                    .containsExactly(10L);
            assertThat(grove.seen(JobEvent.RungTried.class))
                    .extracting(JobEvent.RungTried::subject)
                    .anyMatch(subject -> subject.startsWith("impossible: no worker holds the moments of "));
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Point.class,
            names = {"COMPUTE", "APPLY", "GATHER"})
    void shouldBeginAnewWhereThereIsNoCheckpointYet(Point point) throws InterruptedException {
        try (TinyGrove grove = new TinyGrove(2, new MemoryStore())) {
            grove.fault(new Fault("worker-1", point, 4, TinyGrove.throwing())).submit(job(2, 1));

            assertThat(grove.awaitHash()).isEqualTo(UNDISTURBED);
        }
    }

    @Test
    void shouldHaveAsManyCopiesAgainAfterALoss() throws InterruptedException {
        try (TinyGrove grove = new TinyGrove(4, new MemoryStore())) {
            grove.fault(new Fault("worker-1", Point.COMPUTE, 3, TinyGrove.throwing()))
                    .fault(new Fault("worker-2", Point.COMPUTE, 9, TinyGrove.throwing()))
                    .fault(new Fault("worker-3", Point.COMPUTE, 12, TinyGrove.throwing()))
                    .submit(job(4, 2));

            assertThat(grove.awaitHash()).isEqualTo(UNDISTURBED);

            assertThat(lost(grove)).contains("worker-1", "worker-2", "worker-3");
            assertNothingWasRedone(grove);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldResumeAcrossTheModes(boolean shardedFirst) throws InterruptedException {
        MemoryStore store = new MemoryStore();
        try (TinyGrove grove = new TinyGrove(3, store)) {
            grove.fault(new Fault("worker-0", Point.COMPUTE, 13, grove::stop)).submit(job(3, shardedFirst ? 2 : 0));
            assertThat(grove.await(JobEvent.Stopped.class).step()).isEqualTo(14);
        }

        try (TinyGrove grove = new TinyGrove(2, store).submit(job(2, shardedFirst ? 0 : 2))) {
            assertThat(grove.awaitHash()).isEqualTo(UNDISTURBED);

            assertThat(grove.seen(JobEvent.Started.class)).containsExactly(new JobEvent.Started(14, true));
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void shouldNotChangeABitUnderRandomFaults(long seed) throws InterruptedException {
        Random random = new Random(seed);
        int workers = 2 + random.nextInt(3);
        try (TinyGrove grove = new TinyGrove(workers, new MemoryStore())) {
            for (int i = 0; i < 6; i++) {
                String device = "worker-" + random.nextInt(workers);
                Point point = Point.values()[random.nextInt(Point.values().length)];
                Runnable effect = random.nextBoolean() ? TinyGrove.throwing() : grove.stopping(device);
                grove.fault(new Fault(device, point, random.nextInt(STEPS), effect));
            }
            grove.submit(job(workers, 1 + random.nextInt(3)));

            assertThat(grove.awaitHash()).isEqualTo(UNDISTURBED);
        }
    }

    /// A checkpoint is put together after ten steps, and where a worker is lost spans move before the next step.
    private static long stepOf(Point point) {
        return switch (point) {
            case COMPUTE, EXAMINE, APPLY, GATHER, REGROUP -> 6;
            case COLLECT -> 10;
        };
    }

    private static void assertNothingWasRedone(TinyGrove grove) {
        assertThat(grove.seen(JobEvent.StepCommitted.class)).hasSize(STEPS);
        assertThat(grove.seen(JobEvent.StateLoaded.class)).isEmpty();
    }

    private static TreeSet<String> lost(TinyGrove grove) {
        TreeSet<String> lost = new TreeSet<>();
        grove.seen(JobEvent.WorkerLost.class).forEach(event -> lost.add(event.worker()));
        return lost;
    }

    private static JobSpec job(int workers, int copies) {
        return new JobSpec("tiny", STEPS, SHARDS, workers, 10, TinyGrove.ADAM).sharded(copies);
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
