package dev.pando.actors;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.actors.TinyGrove.Fault;
import dev.pando.actors.TinyGrove.Point;
import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.JobSpec;
import dev.pando.training.step.PlainLoop;
import dev.pando.training.tensor.Memory;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class JobSupervisorTest {
    private static final int SHARDS = 7;
    private static final int STEPS = 25;
    private static final List<Point> POINTS = TinyGrove.OF_ALL;

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5, 7, 9})
    void shouldGiveTheBitsOfThePlainLoopWithAnyNumberOfWorkers(int workers) throws InterruptedException {
        try (TinyGrove grove = new TinyGrove(workers, new MemoryStore()).submit(job(workers))) {
            assertThat(grove.awaitHash()).isEqualTo(undisturbed());
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Point.class,
            names = {"COMPUTE", "EXAMINE", "APPLY"})
    void shouldNotChangeABitWhenAWorkerThrows(Point point) throws InterruptedException {
        try (TinyGrove grove = new TinyGrove(3, new MemoryStore())) {
            grove.fault(new Fault("worker-1", point, 6, TinyGrove.throwing())).submit(job(3));

            assertThat(grove.awaitHash()).isEqualTo(undisturbed());

            assertThat(grove.seen(JobEvent.WorkerLost.class))
                    .extracting(JobEvent.WorkerLost::worker)
                    .contains("worker-1");
            assertThat(grove.seen(JobEvent.StepCommitted.class)).hasSize(STEPS);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Point.class,
            names = {"COMPUTE", "EXAMINE", "APPLY"})
    void shouldNotChangeABitWhenAWorkerHangs(Point point) throws InterruptedException {
        try (TinyGrove grove = new TinyGrove(3, new MemoryStore())) {
            grove.fault(new Fault("worker-0", point, 12, TinyGrove.hanging())).submit(job(3));

            assertThat(grove.awaitHash()).isEqualTo(undisturbed());

            assertThat(grove.seen(JobEvent.WorkerLost.class))
                    .extracting(JobEvent.WorkerLost::worker)
                    .contains("worker-0");
            assertThat(grove.seen(JobEvent.StepCommitted.class)).hasSize(STEPS);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Point.class,
            names = {"COMPUTE", "EXAMINE", "APPLY"})
    void shouldNotChangeABitWhenAWorkerIsStopped(Point point) throws InterruptedException {
        try (TinyGrove grove = new TinyGrove(3, new MemoryStore())) {
            grove.fault(new Fault("worker-2", point, 7, grove.stopping("worker-2"))).submit(job(3));

            assertThat(grove.awaitHash()).isEqualTo(undisturbed());

            assertThat(grove.seen(JobEvent.StepCommitted.class)).hasSize(STEPS);
        }
    }

    @Test
    void shouldBringALostWorkerBackWithTheStateOfAPeer() throws InterruptedException {
        try (TinyGrove grove = new TinyGrove(3, new MemoryStore())) {
            JobSpec endless = new JobSpec("tiny", Long.MAX_VALUE, SHARDS, 3, 1_000_000, "");

            grove.fault(new Fault("worker-1", Point.COMPUTE, 3, TinyGrove.throwing())).submit(endless);

            String joined = "";
            while (!joined.equals("worker-1#2")) {
                joined = grove.await(JobEvent.WorkerJoined.class).worker();
            }
            int workers = 0;
            while (workers < 3) {
                workers = grove.await(JobEvent.StepCommitted.class).workers();
            }
        }
    }

    @Test
    void shouldGoOnFromTheCheckpointWhenAllWorkersAreLostAtOnce() throws InterruptedException {
        try (TinyGrove grove = new TinyGrove(2, new MemoryStore())) {
            grove.fault(new Fault("worker-0", Point.COMPUTE, 17, TinyGrove.throwing()))
                    .fault(new Fault("worker-1", Point.COMPUTE, 17, TinyGrove.throwing()))
                    .submit(job(2));

            assertThat(grove.awaitHash()).isEqualTo(undisturbed());

            assertThat(grove.seen(JobEvent.StateLoaded.class))
                    .extracting(JobEvent.StateLoaded::step)
                    .containsExactly(10L);
        }
    }

    @Test
    void shouldBeginAnewWhenAllAreLostBeforeTheFirstCheckpoint() throws InterruptedException {
        try (TinyGrove grove = new TinyGrove(2, new MemoryStore())) {
            grove.fault(new Fault("worker-0", Point.APPLY, 4, TinyGrove.throwing()))
                    .fault(new Fault("worker-1", Point.APPLY, 4, TinyGrove.throwing()))
                    .submit(job(2));

            assertThat(grove.awaitHash()).isEqualTo(undisturbed());
        }
    }

    @Test
    void shouldResumeFromTheStepItWasStoppedAt() throws InterruptedException {
        MemoryStore store = new MemoryStore();
        try (TinyGrove grove = new TinyGrove(3, store)) {
            grove.fault(new Fault("worker-0", Point.COMPUTE, 13, grove::stop)).submit(job(3));
            assertThat(grove.await(JobEvent.Stopped.class).step()).isEqualTo(14);
        }

        try (TinyGrove grove = new TinyGrove(2, store).submit(job(2))) {
            assertThat(grove.awaitHash()).isEqualTo(undisturbed());

            assertThat(grove.seen(JobEvent.Started.class)).containsExactly(new JobEvent.Started(14, true));
            assertThat(grove.seen(JobEvent.StepCommitted.class)).hasSize(STEPS - 14);
        }
    }

    @Test
    void shouldStopWithADiagnosisWhenAStepFailsWhoeverComputesIt() throws InterruptedException {
        try (TinyGrove grove = new TinyGrove(2, new MemoryStore())) {
            for (int i = 0; i < 100; i++) {
                grove.fault(new Fault("worker-0", Point.COMPUTE, 2, TinyGrove.throwing()));
                grove.fault(new Fault("worker-1", Point.COMPUTE, 2, TinyGrove.throwing()));
            }
            grove.submit(job(2));

            assertThat(grove.await(JobEvent.Failed.class).diagnosis()).contains("step ").contains("planted");
        }
    }

    @ParameterizedTest
    @CsvSource({"1", "2", "3", "4", "5", "6", "7", "8", "9", "10"})
    void shouldNotChangeABitUnderRandomFaults(long seed) throws InterruptedException {
        Random random = new Random(seed);
        int workers = 2 + random.nextInt(3);
        try (TinyGrove grove = new TinyGrove(workers, new MemoryStore())) {
            for (int i = 0; i < 6; i++) {
                String device = "worker-" + random.nextInt(workers);
                Point point = POINTS.get(random.nextInt(POINTS.size()));
                Runnable effect = random.nextBoolean() ? TinyGrove.throwing() : grove.stopping(device);
                grove.fault(new Fault(device, point, random.nextInt(STEPS), effect));
            }
            grove.submit(job(workers));

            assertThat(grove.awaitHash()).isEqualTo(undisturbed());
        }
    }

    private static JobSpec job(int workers) {
        return new JobSpec("tiny", STEPS, SHARDS, workers, 10, "");
    }

    private static String undisturbed() {
        try (TinyTrainer trainer = new TinyTrainer();
                Arena arena = Arena.ofConfined()) {
            PlainLoop loop = new PlainLoop(trainer, SHARDS, Memory.of(arena));
            loop.run(STEPS, committed -> {});
            return loop.hash();
        }
    }
}
