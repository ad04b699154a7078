package dev.pando.runtime.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.actors.job.JobEvent;
import dev.pando.runtime.Pando;
import dev.pando.runtime.TinyJob;
import dev.pando.runtime.folder.EventLine;
import dev.pando.runtime.folder.StepLine;
import dev.pando.runtime.job.JobResult;
import dev.pando.runtime.job.Submission;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Machines whose people write other digits: what is written there is read anywhere, and the other way round.
@Timeout(value = 8, unit = TimeUnit.MINUTES)
class OtherDigitsTest {
    private static final long PATIENCE_MINUTES = 3;
    private static final String SCHEDULE = "optimizer.schedule-steps=12";

    @TempDir private Path temp;

    @Test
    void shouldGoOnWithAGrovesRunInAnotherLocale() throws Exception {
        TinyJob tiny = new TinyJob(temp);
        String config = tiny.file("run").toString();
        String out = tiny.out("run").toString();

        String begun = pando("fa", "IR", "train", config, "--nodes", "2", "--steps", "6", "--set", SCHEDULE);
        String wentOn = pando("en", "US", "train", out, "--resume", "--nodes", "2", "--steps", "9", "--set", SCHEDULE);
        String ended = pando("mr", "IN", "train", out, "--resume", "--nodes", "2", "--steps", "12", "--set", SCHEDULE);
        JobResult undisturbed;
        try (Pando pando = Pando.start(Submission.of(tiny.settings("undisturbed", SCHEDULE)))) {
            undisturbed = pando.job().done().toCompletableFuture().get(PATIENCE_MINUTES, TimeUnit.MINUTES);
        }

        assertThat(List.of(begun, wentOn, ended)).allSatisfy(said -> assertThat(said).isEmpty());
        assertThat(hash("run")).isEqualTo(((JobResult.Finished) undisturbed).hash());
        assertThat(StepLine.read(tiny.out("run"))).hasSize(12);
        try (Stream<Path> files = Files.walk(tiny.out("run"))) {
            assertThat(files).allSatisfy(file -> assertThat(file.toString()).isASCII());
        }
    }

    private String hash(String run) {
        return ((JobEvent.Finished) EventLine.read(temp.resolve(run)).getLast().event()).hash();
    }

    /// @return all that it said where it failed, else nothing
    private static String pando(String language, String country, String... arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(List.of("-Duser.language=" + language, "-Duser.country=" + country));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), "dev.pando.runtime.cli.Main"));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return process.waitFor() == 0 ? "" : said;
    }
}
