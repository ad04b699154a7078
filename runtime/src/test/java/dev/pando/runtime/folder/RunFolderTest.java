package dev.pando.runtime.folder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.JobEvent.StepCommitted;
import dev.pando.runtime.settings.JobConfig;
import dev.pando.runtime.settings.Settings;
import dev.pando.runtime.settings.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RunFolderTest {
    private static final Instant NOW = Instant.parse("2026-01-05T09:30:00Z");

    @TempDir private Path temp;

    @Test
    void shouldWriteOneLineForACommittedStep() throws IOException {
        Settings settings = settings();
        try (RunFolder folder = RunFolder.claim(settings, false)) {
            folder.begin(settings);

            folder.record(new StepCommitted(0, 1, 8.25, 1.5, 3e-4, 2048, 0.5, 3), NOW);

            assertThat(Files.readString(run().resolve("steps.jsonl")))
                    .isEqualTo(
                            "{\"step\":0,\"loss\":8.25,\"grad_norm\":1.5,\"learning_rate\":3.0E-4,\"tokens_per_second\":4096.0,\"workers\":3,\"epoch\":1,\"time\":\"2026-01-05T09:30:00Z\"}\n");
        }
    }

    @Test
    void shouldWriteThatASkippedStepHasNoNumbers() throws IOException {
        Settings settings = settings();
        try (RunFolder folder = RunFolder.claim(settings, false)) {
            folder.begin(settings);

            folder.record(new StepCommitted(0, 1, Double.NaN, Double.NaN, 3e-4, 0, 0.5, 3), NOW);
        }

        assertThat(Files.readString(run().resolve("steps.jsonl")))
                .startsWith("{\"step\":0,\"loss\":null,\"grad_norm\":null,\"learning_rate\":3.0E-4,");
        assertThat(StepLine.read(run()))
                .singleElement()
                .satisfies(line -> {
                    assertThat(line.wasSkipped()).isTrue();
                    assertThat(line.gradNorm()).isNaN();
                });
    }

    @Test
    void shouldReadBackEveryKindOfEvent() {
        List<JobEvent> events =
                List.of(
                        new JobEvent.Started(0, false),
                        new JobEvent.WorkerJoined("worker-1", 2),
                        new JobEvent.WorkerLost("worker-1", 3, "it \"hung\""),
                        new JobEvent.WorkerFellSilent("worker-4", 3, "no sign of life for 400 ms"),
                        new JobEvent.WorkerLeft("worker-2", 3),
                        new JobEvent.WorkerRefused("worker-3", 3, "it is of another kind"),
                        new JobEvent.WorkerFellBehind("worker-0", 3, 2.5),
                        new JobEvent.WorkerKeptUp("worker-0", 3),
                        new JobEvent.EpochOpened(2, 3, "worker-1 was lost", List.of("worker-0")),
                        new JobEvent.ShardsMoved(3, 2, List.of(1, 2), "worker-0"),
                        new JobEvent.RungTried(JobEvent.Rung.RESTART_WORKER, 3, "worker-1"),
                        new JobEvent.StateLoaded(2, "step-2", List.of("step-3 is torn")),
                        new JobEvent.StepDropped(3, 2, "the sums differ"),
                        new JobEvent.SnapshotTaken(4, 0.01),
                        new JobEvent.CheckpointDurable(4, "step-4", 100, 0.2),
                        new JobEvent.CheckpointFailed(5, "disk full"),
                        new JobEvent.Finished(6, "sha256:00"),
                        new JobEvent.Stopped(6),
                        new JobEvent.Failed(6, "no worker is left"));
        Settings settings = settings();
        try (RunFolder folder = RunFolder.claim(settings, false)) {
            folder.begin(settings);

            events.forEach(event -> folder.record(event, NOW));
        }

        assertThat(EventLine.read(run())).extracting(EventLine::event).isEqualTo(events);
        assertThat(events.stream().map(Object::getClass).distinct().count() + 1)
                .as("every kind but StepCommitted, which has a separate file")
                .isEqualTo(JobEvent.class.getPermittedSubclasses().length);
    }

    @Test
    void shouldForgetStepsAfterTheCheckpointThatTheRunGoesOnFrom() throws IOException {
        Settings settings = settings();
        try (RunFolder folder = RunFolder.claim(settings, false)) {
            folder.begin(settings);
            for (long step = 0; step < 10; step++) {
                folder.record(step(step), NOW);
            }
        }
        Files.writeString(
                run().resolve("steps.jsonl"), "{\"step\":10,\"lo", StandardOpenOption.APPEND); // torn by a kill

        try (RunFolder folder = RunFolder.claim(settings, true)) {
            folder.begin(settings);
            folder.record(new JobEvent.Started(6, true), NOW);
            folder.record(step(6), NOW);
        }

        assertThat(StepLine.read(run())).extracting(StepLine::step).containsExactly(0L, 1L, 2L, 3L, 4L, 5L, 6L);
        assertThat(run()).isDirectoryNotContaining("glob:**.draft");
    }

    @Test
    void shouldRefuseAFolderThatALivingRunHas() {
        Settings settings = settings();
        try (RunFolder first = RunFolder.claim(settings, false)) {
            first.begin(settings);

            long pid = ProcessHandle.current().pid();
            assertThatThrownBy(() -> RunFolder.claim(settings, true))
                    .isInstanceOf(UserError.class)
                    .hasMessage(
                            run()
                                    + " is in use by the run of process "
                                    + pid
                                    + "; let it finish, stop it with `kill "
                                    + pid
                                    + "`, or pick another folder with --out");
        }

        RunFolder.claim(settings, true).close();
    }

    @Test
    void shouldRefuseToOverwriteARun() {
        Settings settings = settings();
        try (RunFolder folder = RunFolder.claim(settings, false)) {
            folder.begin(settings);
        }

        assertThatThrownBy(() -> RunFolder.claim(settings, false))
                .hasMessage(
                        run() + " holds a run already: continue it with --resume, or pick another folder with --out");
    }

    @Test
    void shouldRefuseToResumeWhatIsNotThereAndLeaveNothingBehind() {
        assertThatThrownBy(() -> RunFolder.claim(settings(), true))
                .hasMessage(run() + " holds no run to resume; leave out --resume to begin one");
        assertThat(run()).doesNotExist();
    }

    @Test
    void shouldRefuseAFolderOfOtherThings() throws IOException {
        Files.createDirectories(run());
        Files.writeString(run().resolve("thesis.txt"), "precious");

        assertThatThrownBy(() -> RunFolder.claim(settings(), false))
                .hasMessage(run() + " is not empty, and holds no run; pick another folder with --out");
        assertThat(run().resolve("thesis.txt")).hasContent("precious");
    }

    @Test
    void shouldRefuseAFile() throws IOException {
        Files.writeString(run(), "");

        assertThatThrownBy(() -> RunFolder.claim(settings(), false))
                .hasMessage(run() + " is a file; pick a folder with --out");
    }

    @Test
    void shouldSayThatTheDiskIsFull() throws IOException {
        Settings settings = settings();
        try (RunFolder folder = RunFolder.claim(settings, false)) {
            Files.createSymbolicLink(run().resolve("job.conf.draft"), Path.of("/dev/full"));

            assertThatThrownBy(() -> folder.begin(settings))
                    .isInstanceOf(UserError.class)
                    .hasMessage("cannot write " + run().resolve("job.conf") + ": No space left on device");
        }
    }

    @Test
    void shouldRefuseAFolderThatCannotBeWritten() throws IOException {
        Path closed =
                Files.createDirectory(
                        temp.resolve("closed"),
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("r-xr-xr-x")));
        assumeFalse(Files.isWritable(closed), "this user may write anywhere");
        Settings settings = JobConfig.nothing().with("--out", "out", closed.resolve("run").toString()).settings();

        assertThatThrownBy(() -> RunFolder.claim(settings, false))
                .hasMessage(
                        "cannot write in the folder "
                                + closed.resolve("run")
                                + ": permission denied; pick another one with --out");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    name=other                       | pando.job.name is other now and was run in RUN; restore it to get the same bits, or begin another run with --out
                    seed=7                           | pando.job.seed is 7 now and was 1024 in RUN; restore it to get the same bits, or begin another run with --out
                    model.layers=2                   | pando.job.model.layers is 2 now and was 4 in RUN; restore it to get the same bits, or begin another run with --out
                    model.kv-heads=3                 | pando.job.model.kv-heads is 3 now and was 2 in RUN; restore it to get the same bits, or begin another run with --out
                    batch.shards=16                  | pando.job.batch.shards is 16 now and was 8 in RUN; restore it to get the same bits, or begin another run with --out
                    optimizer.beta2=0.99             | pando.job.optimizer.beta2 is 0.99 now and was 0.95 in RUN; restore it to get the same bits, or begin another run with --out
                    steps=900                        | pando.job.optimizer.schedule-steps is 900 now and was 300 in RUN; to train further at the final learning rate add --set optimizer.schedule-steps=300, or begin another run with --out
                    """)
    void shouldRefuseToResumeUnderChangedArithmetic(String change, String sentence) {
        Settings settings = settings();
        try (RunFolder folder = RunFolder.claim(settings, false)) {
            folder.begin(settings);
        }

        Settings changed = written().set(change).settings();

        assertThatThrownBy(() -> RunFolder.claim(changed, true)).hasMessage(sentence.replace("RUN", run().toString()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"workers=5", "threads=1", "sample.tokens=5", "model.recompute=true", "model.hidden=192"})
    void shouldResumeUnderChangesThatTouchNoBit(String change) {
        Settings settings = settings();
        try (RunFolder folder = RunFolder.claim(settings, false)) {
            folder.begin(settings);
        }

        RunFolder.claim(written().set(change).settings(), true).close();
    }

    @Test
    void shouldTrainOnBeyondTheScheduleWhenAsked() {
        Settings settings = settings();
        try (RunFolder folder = RunFolder.claim(settings, false)) {
            folder.begin(settings);
        }

        RunFolder.claim(written().set("steps=900").set("optimizer.schedule-steps=300").settings(), true).close();
    }

    @Test
    void shouldWriteAConfigThatMeansTheSameWhenRead() {
        Settings settings = written().set("sample.prompts=[\"a \\\"quoted\\\" # prompt\"]").settings();
        try (RunFolder folder = RunFolder.claim(settings, false)) {
            folder.begin(settings);
        }

        assertThat(RunFolder.config(run()).settings().render()).isEqualTo(settings.render());
        assertThat(RunFolder.configText(run())).contains("# Learning rate after warm-up.");
    }

    private Path run() {
        return temp.resolve("run");
    }

    private JobConfig written() {
        return JobConfig.nothing().with("--out", "out", run().toString());
    }

    private Settings settings() {
        return written().settings();
    }

    private static StepCommitted step(long step) {
        return new StepCommitted(step, 1, 8 - step * 0.1, 1, 3e-4, 2048, 0.5, 3);
    }
}
