package dev.pando.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.actors.job.JobEvent;
import dev.pando.runtime.job.Job;
import dev.pando.runtime.job.JobResult;
import dev.pando.runtime.job.MemoryUse;
import dev.pando.runtime.job.Submission;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Jobs whose config cuts layers and rows, by the actors that all jobs have. The oracle is one worker.
class GridJobTest {
    private static final long PATIENCE_SECONDS = 60;
    private static final List<String> CUT =
            List.of("model.kv-heads=2", "grid.tensor-shards=2", "grid.sequence-chunks=4");

    @TempDir private Path temp;

    private TinyJob tiny;
    private String alone;

    @BeforeEach
    void trainWithOneWorker() throws Exception {
        tiny = new TinyJob(temp);
        alone = hash(run("alone", false, CUT, "workers=1").result);
    }

    @ParameterizedTest
    @CsvSource({"2, replicated", "3, replicated", "4, sharded"})
    void shouldEndWithTheSameBitsForAnyNumberOfWorkers(int workers, String state) throws Exception {
        Run shared = run("shared", false, CUT, "workers=" + workers, "optimizer-state=" + state);

        assertThat(hash(shared.result)).isEqualTo(alone);
    }

    @Test
    void shouldGoOnFromACheckpointToTheSameBits() throws Exception {
        JobResult stopped = run("resumed", true, CUT, "workers=2").result;
        JobResult finished = run("resumed", false, CUT, "workers=3", "optimizer-state=sharded").result;

        assertThat(stopped).isInstanceOf(JobResult.Stopped.class);
        assertThat(hash(finished)).isEqualTo(alone);
    }

    @Test
    void shouldEndWithOtherBitsOnAnotherGrid() throws Exception {
        List<String> uncut = List.of("model.kv-heads=2");

        assertThat(hash(run("uncut", false, uncut, "workers=1").result)).isNotEqualTo(alone);
    }

    @Test
    void shouldTakeTheMemoryThatIsPredicted() throws Exception {
        MemoryUse memory = run("measured", false, CUT, "workers=2").memory;

        assertThat(memory.held()).isEqualTo(memory.predicted());
    }

    private record Run(JobResult result, MemoryUse memory) {}

    private Run run(String name, boolean stopping, List<String> grid, String... more) throws Exception {
        List<String> sets = new ArrayList<>(grid);
        sets.addAll(List.of(more));
        CompletableFuture<Job> job = new CompletableFuture<>();
        Submission submission =
                Submission.of(tiny.settings(name, sets.toArray(String[]::new)))
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
}
