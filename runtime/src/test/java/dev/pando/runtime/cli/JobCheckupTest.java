package dev.pando.runtime.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.cuda.Cuda;
import dev.pando.cuda.CudaOps;
import dev.pando.runtime.build.WorkerMemory;
import dev.pando.runtime.cli.Checkup.Finding;
import dev.pando.runtime.cli.Checkup.Verdict;
import dev.pando.runtime.settings.JobConfig;
import dev.pando.runtime.settings.Settings;
import dev.pando.training.tensor.MemoryPlan;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class JobCheckupTest {
    @TempDir Path folder;

    private static Finding checkpoints(int hidden, String place) {
        JobConfig job =
                JobConfig.nothing()
                        .with("", "checkpoint.folder", place)
                        .with("", "model.hidden", hidden)
                        .with("", "model.intermediate", 2 * hidden)
                        .with("", "model.layers", 64)
                        .with("", "model.heads", 4);
        return JobCheckup.of(job.settings()).getLast();
    }

    @Test
    void shouldSayWhatCheckpointsTakeAndWhetherThereIsRoom() {
        String place = folder.resolve("not/yet/there").toString();

        Finding fits = checkpoints(32, place);
        Finding bursts = checkpoints(1 << 17, place);
        Finding elsewhere = checkpoints(32, "s3://bucket/run");

        assertThat(fits.verdict()).isEqualTo(Verdict.GOOD);
        assertThat(fits.found()).matches("3 of \\d+\\.\\d MB, and one being written: .* in " + place + ", where .*");
        assertThat(bursts.verdict()).isEqualTo(Verdict.BAD);
        assertThat(bursts.advice()).startsWith("free some, set checkpoint.folder, or keep fewer");
        assertThat(elsewhere.found()).endsWith(" in s3://bucket/run");
    }

    @Test
    void shouldSayWhatIsHeldOfTheMomentsOfWorkersThatAreLost() {
        JobConfig four = JobConfig.nothing().with("", "workers", 4);
        Settings sharded = four.with("", "optimizer-state", "sharded").with("", "optimizer-copies", 2).settings();

        assertThat(JobCheckup.of(sharded).getFirst().advice())
                .endsWith(
                        ", while all are there; %s when one is lost, %s alone"
                                .formatted(
                                        MemoryPlan.size(WorkerMemory.onCpu(sharded, 3).bytes()),
                                        MemoryPlan.size(WorkerMemory.onCpu(four.settings()).bytes())));
        assertThat(JobCheckup.of(four.settings()).getFirst().advice()).doesNotContain("lost");
    }

    private static Settings onGpu(int heads) {
        return JobConfig.nothing()
                .with("", "device", "cuda:0")
                .with("", "workers", 2)
                .with("", "model.hidden", 512)
                .with("", "model.heads", heads)
                .settings();
    }

    private static Cuda.Detection gpuWith(long bytes) {
        return new Cuda.Detection.Found(12_060, List.of(new Cuda.Gpu(0, "a GPU", 90, bytes)));
    }

    @Test
    void shouldSayWhatWorkersTakeOnTheGpuThatTheyShare() {
        long needed = WorkerMemory.onGpu(onGpu(8), true).bytes() + CudaOps.DRIVERS_SHARE;

        Finding fits = JobCheckup.gpu(onGpu(8), gpuWith(2 * needed), "cuBLASLt");
        Finding bursts = JobCheckup.gpu(onGpu(8), gpuWith(2 * needed - 1), "cuBLASLt");
        Finding withoutLibrary = JobCheckup.gpu(onGpu(8), gpuWith(2 * needed - 1), "");

        assertThat(fits.verdict()).isEqualTo(Verdict.GOOD);
        assertThat(fits.found())
                .matches("a worker takes .* MiB and what the driver wants; 2 workers on cuda:0 with .*");
        assertThat(fits.advice()).contains(" MiB moments", " MiB weights", " MiB the rest");
        assertThat(bursts.verdict()).isEqualTo(Verdict.BAD);
        assertThat(bursts.advice()).contains("lower pando.job.batch.rows");
        assertThat(withoutLibrary.verdict()).as("our own kernel keeps no copies").isEqualTo(Verdict.GOOD);
    }

    @Test
    void shouldSayWhatAJobWouldTakeOnAGpuWhereThereIsNone() {
        Finding elsewhere = JobCheckup.gpu(onGpu(8), new Cuda.Detection.Missing("none", ""), "");
        Finding unable = JobCheckup.gpu(onGpu(2), new Cuda.Detection.Missing("none", ""), "");

        assertThat(elsewhere.verdict()).isEqualTo(Verdict.GOOD);
        assertThat(elsewhere.found()).matches("a worker takes .* MiB and what the driver wants");
        assertThat(unable.verdict()).isEqualTo(Verdict.BAD);
        assertThat(unable.found()).contains("heads of up to 128, not of 256");
    }

    @Test
    void shouldCountWhatABatchTakesAlsoOnTheCpu() {
        Settings job = onGpu(8);

        MemoryPlan plan = WorkerMemory.onCpu(job);

        assertThat(plan.parts())
                .extracting(MemoryPlan.Part::name)
                .contains("weights", "moments", "activations", "logits");
    }

    @Test
    void shouldLeaveABucketWhatItIsWhereverTheJobIsTrained() throws Exception {
        Path conf = Files.writeString(folder.resolve("job.conf"), "pando.job.steps = 3");

        JobOptions options =
                CommandLine.populateCommand(
                        new JobOptions(), conf.toString(), "--set", "checkpoint.folder=s3://bucket/run");

        assertThat(options.anywhere().checkpoint().place()).hasToString("s3://bucket/run");
    }
}
