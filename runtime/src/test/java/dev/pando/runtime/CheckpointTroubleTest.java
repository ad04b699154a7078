package dev.pando.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.pando.actors.job.JobEvent;
import dev.pando.runtime.job.JobResult;
import dev.pando.runtime.job.Submission;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Whole runs whose checkpoints meet trouble: training goes on to the same bits, and the run's events say what it was.
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class CheckpointTroubleTest {
    @TempDir private Path temp;

    private TinyJob tiny;

    @BeforeEach
    void writeText() {
        tiny = new TinyJob(temp);
    }

    /// A folder that turns into a file, so that no user has the permission to write in it.
    @Test
    void shouldTrainOnWhileCheckpointsCannotBeWrittenAndWriteThatDown() throws Exception {
        JobResult.Finished undisturbed = finish(Submission.of(tiny.settings("whole")));
        List<JobEvent> heard = new ArrayList<>();

        JobResult.Finished result =
                finish(
                        Submission.of(tiny.settings("run"))
                                .with(inTheWayOnce(tiny.out("run").resolve("checkpoints"))::with)
                                .listening(heard::add));

        assertThat(result.hash()).isEqualTo(undisturbed.hash());
        assertThat(heard)
                .filteredOn(JobEvent.CheckpointFailed.class::isInstance)
                .singleElement()
                .satisfies(failed ->
                        assertThat(((JobEvent.CheckpointFailed) failed).sentence())
                                .contains(" was not saved to ", " is no folder"));
        assertThat(heard).anyMatch(JobEvent.CheckpointDurable.class::isInstance);
        assertThat(Files.readString(tiny.out("run").resolve("events.jsonl"))).contains("checkpoint-failed");
    }

    @Test
    void shouldTryTheLastCheckpointAgain() throws Exception {
        List<JobEvent> heard = new ArrayList<>();

        JobResult.Finished result =
                finish(
                        Submission.of(tiny.settings("run", "checkpoint.every-steps=100"))
                                .with(inTheWayOnce(tiny.out("run").resolve("checkpoints"))::with)
                                .listening(heard::add));

        assertThat(result.step()).isEqualTo(12);
        assertThat(heard)
                .filteredOn(JobEvent.CheckpointFailed.class::isInstance)
                .singleElement()
                .satisfies(failed ->
                        assertThat(((JobEvent.CheckpointFailed) failed).sentence())
                                .endsWith(" is no folder; it is tried again for 180 s"));
        assertThat(heard)
                .anyMatch(event -> event instanceof JobEvent.CheckpointDurable written && written.step() == 12);
    }

    /// Once, no user has the permission to write there.
    private static Interference inTheWayOnce(Path folder) {
        return (nth, save) -> {
            if (nth > 0) {
                return save.get();
            }
            Path aside = folder.resolveSibling("aside");
            boolean there = Files.exists(folder);
            if (there) {
                Files.move(folder, aside);
            }
            Files.writeString(folder, "in the way");
            try {
                return save.get();
            } finally {
                Files.delete(folder);
                if (there) {
                    Files.move(aside, folder);
                }
            }
        };
    }

    /// A separate process, since it gives up what root has: to write where it may not.
    @Test
    void shouldTrainOnWhilePermissionToWriteIsWithdrawn() throws Exception {
        JobResult.Finished undisturbed = finish(Submission.of(tiny.settings("whole")));

        List<String> said = WithdrawnPermission.run(temp);

        assumeTrue(!said.contains(WithdrawnPermission.POWERLESS), "no permission keeps a process from writing here");
        assertThat(said)
                .anyMatch(line ->
                        line.startsWith("told the checkpoint of step ")
                                && line.contains(" was not saved to " + tiny.out("run"))
                                && line.contains("permission"))
                .contains("durable 12")
                .endsWith("hash " + undisturbed.hash());
        assertThat(Files.readString(tiny.out("run").resolve("events.jsonl")))
                .contains("checkpoint-failed", "permission");
    }

    /// Of three requests of a kind the server serves one. That is told once it has been often.
    @Test
    void shouldTrainOnWhileTheServerOfItsCheckpointsIsThrottled() throws Exception {
        JobResult.Finished undisturbed = finish(Submission.of(tiny.settings("whole")));
        List<JobEvent> heard = new ArrayList<>();

        try (ThrottledServer server = new ThrottledServer()) {
            JobResult.Finished result =
                    finish(
                            Submission.of(tiny.settings("run", "checkpoint.folder=\"s3://bucket/run\""))
                                    .listening(heard::add));

            assertThat(result.hash()).isEqualTo(undisturbed.hash());
            assertThat(server.refused()).isGreaterThan(10L);
        }
        assertThat(heard)
                .anyMatch(event -> event instanceof JobEvent.CheckpointDurable written && written.step() == 12)
                .filteredOn(JobEvent.CheckpointFailed.class::isInstance)
                .isNotEmpty()
                .extracting(event -> ((JobEvent.CheckpointFailed) event).sentence())
                .allMatch(
                        sentence -> sentence.startsWith("s3://bucket/run ") && sentence.endsWith("; nothing is lost"));
        assertThat(Files.readString(tiny.out("run").resolve("events.jsonl"))).contains("; nothing is lost");
    }

    private static JobResult.Finished finish(Submission submission) throws Exception {
        try (Pando pando = Pando.start(submission)) {
            JobResult result = pando.job().done().toCompletableFuture().get(120, TimeUnit.SECONDS);
            assertThat(result).isInstanceOf(JobResult.Finished.class);
            return (JobResult.Finished) result;
        }
    }
}
