package dev.pando.actors;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.JobSpec;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A device that takes no part in a job is not asked for ever.
class RefusalTest {
    @Test
    void shouldGoOnWithoutTheDeviceThatRefusesAndAskItOnce() throws InterruptedException {
        try (TinyGrove grove = new TinyGrove(3, new MemoryStore()).refusing("worker-1")) {
            String hash = grove.submit(new JobSpec("tiny", 12, 4, 3, 5, "")).awaitHash();

            assertThat(hash).isEqualTo(undisturbed());
            assertThat(grove.seen(JobEvent.WorkerRefused.class))
                    .containsExactly(new JobEvent.WorkerRefused("worker-1", 0, "worker-1 is an abacus"));
            assertThat(grove.seen(JobEvent.WorkerLost.class)).isEmpty();
            assertThat(grove.asked).containsExactlyInAnyOrder("worker-0", "worker-1", "worker-2");
        }
    }

    @Test
    @Timeout(value = 60, unit = TimeUnit.SECONDS)
    void shouldEndTheJobWithASentenceWhenAllRefuse() throws InterruptedException {
        try (TinyGrove grove = new TinyGrove(2, new MemoryStore()).refusing("worker-0").refusing("worker-1")) {
            grove.submit(new JobSpec("tiny", 12, 4, 2, 5, ""));

            assertThat(grove.await(JobEvent.Failed.class).diagnosis())
                    .isEqualTo("all 2 devices refuse; the first: worker-0 is an abacus");
            assertThat(grove.seen(JobEvent.WorkerRefused.class)).hasSize(2);
        }
    }

    private static String undisturbed() throws InterruptedException {
        try (TinyGrove grove = new TinyGrove(1, new MemoryStore())) {
            return grove.submit(new JobSpec("tiny", 12, 4, 1, 100, "")).awaitHash();
        }
    }
}
