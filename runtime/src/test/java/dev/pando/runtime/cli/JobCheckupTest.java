package dev.pando.runtime.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.runtime.cli.Checkup.Finding;
import dev.pando.runtime.cli.Checkup.Verdict;
import dev.pando.runtime.settings.Written;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class JobCheckupTest {
    @TempDir Path folder;

    private static Finding checkpoints(int hidden, String place) {
        Written job =
                Written.nothing()
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
    void shouldLeaveABucketWhatItIsWhereverTheJobIsTrained() throws Exception {
        Path conf = Files.writeString(folder.resolve("job.conf"), "pando.job.steps = 3");

        JobOptions options =
                CommandLine.populateCommand(
                        new JobOptions(), conf.toString(), "--set", "checkpoint.folder=s3://bucket/run");

        assertThat(options.anywhere().checkpoint().place()).hasToString("s3://bucket/run");
    }
}
