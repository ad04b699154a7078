package dev.pando.actors;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.JobSpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Every replica holds the whole state in its memory, so of r workers any r - 1 may go at once, in any phase: the state
/// comes back from a peer's memory, by the data plane, and no checkpoint is touched.
class LastCopyTest {
    private static final int WORKERS = 4;
    private static final JobSpec JOB = new JobSpec("tiny", 14, 8, WORKERS, 1000, "");

    @ParameterizedTest
    @EnumSource(
            value = TinyGrove.Point.class,
            names = {"COMPUTE", "EXAMINE", "APPLY"})
    void shouldComeBackFromTheOneThatIsLeft(TinyGrove.Point point) throws Exception {
        MemoryStore store = new MemoryStore();
        try (TinyGrove grove = new TinyGrove(WORKERS, store)) {
            for (int lost = 0; lost < WORKERS - 1; lost++) {
                grove.fault(new TinyGrove.Fault("worker-" + lost, point, 7, TinyGrove.throwing()));
            }

            String hash = grove.submit(JOB).awaitHash();

            assertThat(hash).isEqualTo(undisturbed());
            assertThat(grove.seen(JobEvent.WorkerLost.class)).hasSizeGreaterThanOrEqualTo(WORKERS - 1);
            assertThat(grove.seen(JobEvent.RungTried.class))
                    .extracting(JobEvent.RungTried::rung)
                    .doesNotContain(JobEvent.Rung.LOAD_CHECKPOINT);
            assertThat(grove.seen(JobEvent.StateLoaded.class)).isEmpty();
            assertThat(grove.seen(JobEvent.StepCommitted.class))
                    .as("no committed step is done again")
                    .extracting(JobEvent.StepCommitted::step)
                    .doesNotHaveDuplicates();
            assertThat(store.newestStep()).as("the last one alone").contains(14L);
        }
    }

    @Test
    void shouldLoadACheckpointOnlyWhenNoCopyIsLeft() throws Exception {
        try (TinyGrove grove = new TinyGrove(WORKERS, new MemoryStore())) {
            for (int lost = 0; lost < WORKERS; lost++) {
                grove.fault(new TinyGrove.Fault("worker-" + lost, TinyGrove.Point.COMPUTE, 7, TinyGrove.throwing()));
            }

            String hash = grove.submit(new JobSpec("tiny", 14, 8, WORKERS, 5, "")).awaitHash();

            assertThat(hash).isEqualTo(undisturbed());
            assertThat(grove.seen(JobEvent.RungTried.class))
                    .extracting(JobEvent.RungTried::rung)
                    .contains(JobEvent.Rung.LOAD_CHECKPOINT);
        }
    }

    private static String undisturbed() throws InterruptedException {
        try (TinyGrove grove = new TinyGrove(1, new MemoryStore())) {
            return grove.submit(new JobSpec("tiny", 14, 8, 1, 1000, "")).awaitHash();
        }
    }
}
