package dev.pando.actors;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.training.step.PlainLoop;
import dev.pando.training.tensor.Memory;
import java.lang.foreign.Arena;
import java.util.List;
import org.junit.jupiter.api.Test;

class JobOwnerTest {
    private static final int SHARDS = 7;
    private static final int STEPS = 25;

    @Test
    void shouldTrainAJobAndKeepItsHistory() throws InterruptedException {
        try (TinyCluster cluster = new TinyCluster(_ -> new TinyTrainer())) {
            cluster.watch("tiny", cluster.start(2));

            JobOwner.Answer answer = cluster.submit(job("tiny"));

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

    static JobSpec job(String id) {
        return new JobSpec(id, STEPS, SHARDS, 2, 10, "");
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
