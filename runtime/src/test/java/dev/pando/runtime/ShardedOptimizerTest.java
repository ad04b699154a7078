package dev.pando.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.actors.job.JobEvent;
import dev.pando.runtime.job.Job;
import dev.pando.runtime.job.JobResult;
import dev.pando.runtime.job.MemoryUse;
import dev.pando.runtime.job.Submission;
import dev.pando.training.tensor.MemoryPlan;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Real models whose moments are held in spans.
class ShardedOptimizerTest {
    private static final long PATIENCE_SECONDS = 60;

    @TempDir private Path temp;

    private TinyJob tiny;
    private String replicated;

    @BeforeEach
    void trainWithWholeMoments() throws Exception {
        tiny = new TinyJob(temp);
        replicated = hash(run("replicated", 2, "replicated", 1, false).result);
    }

    @ParameterizedTest
    @CsvSource({"1, 2", "2, 1", "3, 2", "5, 3"})
    void shouldEndWithTheBitsOfReplicatedMoments(int workers, int copies) throws Exception {
        Run sharded = run("sharded", workers, "sharded", copies, false);

        assertThat(hash(sharded.result)).isEqualTo(replicated);
    }

    @ParameterizedTest
    @ValueSource(strings = {"sharded", "replicated"})
    void shouldGoOnInTheOtherMode(String first) throws Exception {
        JobResult stopped = run("resumed", 2, first, 1, true).result;

        JobResult finished = run("resumed", 3, first.equals("sharded") ? "replicated" : "sharded", 2, false).result;

        assertThat(stopped).isInstanceOf(JobResult.Stopped.class);
        assertThat(hash(finished)).isEqualTo(replicated);
    }

    @Test
    void shouldTakeItsShareOfTheMemoryForMomentsAsPredicted() throws Exception {
        MemoryUse whole = run("whole", 5, "replicated", 1, false).memory;
        MemoryUse shared = run("shared", 5, "sharded", 2, false).memory;

        // spans are cut by part and so of unequal length: what is said beforehand is the largest share that may fall to
        // one
        assertThat(withoutMoments(shared.held())).isEqualTo(withoutMoments(shared.predicted()));
        assertThat(moments(shared.held()))
                .isBetween(moments(shared.predicted()) * 98 / 100, moments(shared.predicted()));
        assertThat(moments(shared.held()))
                .isBetween(moments(whole.held()) * 39 / 100, moments(whole.held()) * 41 / 100);
    }

    private record Run(JobResult result, MemoryUse memory) {}

    private Run run(String name, int workers, String state, int copies, boolean stopping) throws Exception {
        CompletableFuture<Job> job = new CompletableFuture<>();
        Submission submission =
                Submission.of(
                                tiny.settings(
                                        name,
                                        "batch.shards=5",
                                        "workers=" + workers,
                                        "optimizer-state=" + state,
                                        "optimizer-copies=" + copies))
                        .resuming(!stopping && name.equals("resumed"))
                        .listening(event -> {
                            if (stopping && event instanceof JobEvent.StepCommitted step && step.step() == 5) {
                                job.join().stop();
                            }
                        });
        try (Pando pando = Pando.start(submission)) {
            job.complete(pando.job());
            JobResult result = pando.job().done().toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            return new Run(result, pando.job().memory().orElseThrow());
        }
    }

    private static String hash(JobResult result) {
        assertThat(result).isInstanceOf(JobResult.Finished.class);
        return ((JobResult.Finished) result).hash();
    }

    private static List<MemoryPlan.Part> withoutMoments(MemoryPlan plan) {
        return plan.parts().stream().filter(part -> !part.name().equals("moments")).toList();
    }

    private static long moments(MemoryPlan plan) {
        return plan.parts().stream()
                .filter(part -> part.name().equals("moments"))
                .mapToLong(MemoryPlan.Part::bytes)
                .sum();
    }
}
