package dev.pando.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.pando.actors.job.JobEvent;
import dev.pando.runtime.folder.EventLine;
import dev.pando.runtime.folder.RunFolder;
import dev.pando.runtime.folder.StepLine;
import dev.pando.runtime.job.JobResult;
import dev.pando.runtime.job.Submission;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A run whose folder's disk is full for a while: the run does not notice, and the folder is whole in the end.
@Timeout(value = 4, unit = TimeUnit.MINUTES)
class FullDiskTest {
    private static final long PATIENCE_SECONDS = 120;
    private static final String STEPS = "600";

    @TempDir private Path temp;

    private Path disk;
    private TinyJob tiny;

    @BeforeEach
    void mount() throws Exception {
        disk = Files.createDirectory(temp.resolve("disk"));
        assumeTrue(
                succeeds("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk.toString()),
                "no file system can be mounted here");
        tiny = new TinyJob(temp);
    }

    @AfterEach
    void unmount() throws Exception {
        succeeds("umount", "-l", disk.toString());
    }

    @Test
    void shouldLoseNoStepAndNoLineWhereTheDiskIsFullForAWhile() throws Exception {
        Submission submission = submission();

        JobResult result;
        try (Pando pando = Pando.start(submission)) {
            result = pando.job().done().toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        }

        assertThat(result).isInstanceOf(JobResult.Finished.class);
        assertWhole();
    }

    /// Full from the hundredth step to the three hundredth.
    private Submission submission() {
        Path ballast = disk.resolve("ballast");
        return Submission.of(
                        tiny.settings(
                                "run",
                                "out=" + disk.resolve("run"),
                                "steps=" + STEPS,
                                "checkpoint.folder=" + temp.resolve("checkpoints"),
                                "checkpoint.every-steps=50",
                                "checkpoint.keep=2"))
                .listening(event -> {
                    if (event instanceof JobEvent.StepCommitted step && step.step() == 100) {
                        fill(ballast);
                    } else if (event instanceof JobEvent.StepCommitted step && step.step() == 300) {
                        remove(ballast);
                    }
                });
    }

    private void assertWhole() throws IOException {
        long steps = Long.parseLong(STEPS);
        assertThat(StepLine.read(disk.resolve("run")))
                .extracting(StepLine::step)
                .containsExactlyElementsOf(LongStream.range(0, steps).boxed().toList());
        assertThat(EventLine.read(disk.resolve("run")).getLast().event()).isInstanceOf(JobEvent.Finished.class);
        assertLinesAreWhole();
        assertThat(RunFolder.isReported(disk.resolve("run"))).isTrue();
    }

    private void assertLinesAreWhole() throws IOException {
        JsonMapper json = new JsonMapper();
        for (String file : List.of("steps.jsonl", "events.jsonl")) {
            assertThat(Files.readAllLines(disk.resolve("run").resolve(file)))
                    .allSatisfy(line -> assertThat(json.readTree(line).isObject()).as(line).isTrue());
        }
    }

    private static void fill(Path ballast) {
        byte[] block = new byte[4096];
        try {
            while (true) {
                Files.write(ballast, block, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            }
        } catch (IOException full) {
            // as it was meant
        }
    }

    private static void remove(Path ballast) {
        try {
            Files.delete(ballast);
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    private static boolean succeeds(String... command) throws IOException, InterruptedException {
        return new ProcessBuilder(command).redirectErrorStream(true).start().waitFor() == 0;
    }
}
