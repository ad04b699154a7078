package dev.pando.chaos.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.chaos.verify.TinyJob;
import dev.pando.runtime.cli.Cli;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChaosCommandTest {
    @TempDir private Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int pando(String... arguments) {
        return Cli.create(new PrintWriter(out, true), new PrintWriter(err, true)).execute(arguments);
    }

    @Test
    void shouldShowThatNoBitDiffers() {
        String conf = TinyJob.in(folder).toString();

        int exit =
                pando(
                        "chaos",
                        "verify",
                        conf,
                        "--steps",
                        "8",
                        "--workers",
                        "2,3",
                        "--faults",
                        "kill worker-1 at step 3");

        assertThat(exit).as(err.toString()).isZero();
        assertThat(out.toString()).contains("undisturbed").contains("1 of 1").contains("same bits in every run");
        assertThat(out.toString().strip().lines().toList().getLast()).matches("hash sha256:[0-9a-f]{64}");
        assertThat(folder.resolve("run-chaos/verify-1/disturbed-3/report.html")).exists();
        assertThat(folder.resolve("run-chaos/verify-1/disturbed-3/checkpoints")).doesNotExist();
    }

    @Test
    void shouldFailWhereABitDiffers() {
        String conf = TinyJob.in(folder).toString();

        int exit =
                pando(
                        "chaos",
                        "verify",
                        conf,
                        "--steps",
                        "6",
                        "--workers",
                        "3",
                        "--faults",
                        "bit flip in gradient of worker-1 at step 3");

        assertThat(exit).isEqualTo(1);
        assertThat(err.toString()).contains("ended with other bits");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    kill worker-9 at step 2                     | the largest run has 2 workers, worker-0 to worker-1; name one of them, or raise --workers
                    kill worker-1 at step 9                     | the runs have 4 steps; name an earlier one, or raise --steps
                    hang worker-0 when worker-5 computes        | the largest run has 2 workers, worker-0 to worker-1; name one of them, or raise --workers
                    """)
    void shouldRefuseAFaultThatCouldNeverStrike(String fault, String why) {
        String conf = TinyJob.in(folder).toString();

        int exit = pando("chaos", "verify", conf, "--steps", "4", "--workers", "1,2", "--faults", fault);

        assertThat(exit).isEqualTo(2);
        assertThat(err.toString()).contains("\"" + fault + "\" would never strike: " + why);
        assertThat(folder.resolve("run-chaos")).doesNotExist();
    }

    @Test
    void shouldRefuseAMistypedScriptBeforeAnythingRuns() {
        String conf = TinyJob.in(folder).toString();

        int exit = pando("chaos", "verify", conf, "--faults", "kil worker-1 at step 9");

        assertThat(exit).isEqualTo(2);
        assertThat(err.toString().strip())
                .isEqualTo("faults, character 1: there is no fault \"kil\", did you mean \"kill\"?");
        assertThat(Files.exists(folder.resolve("run-chaos"))).isFalse();
    }

    @Test
    void shouldRefuseMoreWorkersThanShardsBeforeAnythingRuns() {
        String conf = TinyJob.in(folder).toString();

        int exit = pando("chaos", "verify", conf, "--workers", "3,9", "--faults", "kill worker-1 at step 2");

        assertThat(exit).isEqualTo(2);
        assertThat(err.toString()).contains("must not exceed").doesNotContain("something broke");
        assertThat(Files.exists(folder.resolve("run-chaos"))).isFalse();
    }

    @Test
    void shouldComeThroughTheDeathOfItsProcess() {
        String conf = TinyJob.in(folder).toString();

        int exit = pando("chaos", "crash", conf, "--steps", "12", "--times", "2", "--seed", "3");

        assertThat(exit).as(out + err.toString()).isZero();
        assertThat(out.toString()).contains("kill 2:").contains("same bits after 2 kills");
    }

    @Test
    void shouldRefuseFaultsThatNoProcessCanSufferBeforeAnythingRuns() {
        String conf = TinyJob.in(folder).toString();

        int exit = pando("chaos", "run", conf, "--steps", "4", "--faults", "kill node-7 at step 1");

        assertThat(exit).isEqualTo(2);
        assertThat(err.toString()).contains("the nodes are node-1 to node-4");
        assertThat(Files.exists(folder.resolve("run-chaos"))).isFalse();
    }

    @Test
    void shouldJudgeARunByItsFolder() {
        String conf = TinyJob.in(folder).toString();
        pando("chaos", "verify", conf, "--steps", "6", "--workers", "2", "--faults", "kill worker-1 at step 2");
        String run = folder.resolve("run-chaos/verify-1/disturbed-2").toString();

        assertThat(
                        pando(
                                "chaos",
                                "judge",
                                run,
                                "--beside",
                                folder.resolve("run-chaos/verify-1/undisturbed").toString()))
                .isZero();
        assertThat(pando("chaos", "judge", folder.toString())).isEqualTo(2);

        assertThat(out.toString()).contains("no rule is broken");
        assertThat(err.toString()).contains("holds no run");

        shouldFlagWhatSomebodyHasChanged(Path.of(run));
    }

    /// Edits by hand, to make a run look better than it was.
    private void shouldFlagWhatSomebodyHasChanged(Path run) {
        String undisturbed = folder.resolve("run-chaos/verify-1/undisturbed").toString();

        assertThat(judged(run, "steps.jsonl", line -> line.contains("\"step\":3,") ? "" : line))
                .contains("step 4 is committed, due is 3");
        assertThat(judged(run, "steps.jsonl", line -> line.replace("\"epoch\":1,", "\"epoch\":9,")))
                .contains("nothing of an older epoch takes effect");
        assertThat(judged(run, "steps.jsonl", line -> line.replaceFirst("\"loss\":5", "\"loss\":4"), undisturbed))
                .contains("undisturbed it has");
        assertThat(judged(run, "events.jsonl", line -> line.replace("worker-1#2", "worker-1")))
                .contains("a worker that was lost takes part no longer");
        assertThat(judged(run, "events.jsonl", line -> line.contains("\"finished\"") ? "" : line))
                .contains("it breaks off after 6 committed steps");
        assertThat(judged(run, "events.jsonl", line -> line.replaceAll("sha256:.", "sha256:-"), undisturbed))
                .contains("the run ends with sha256:-");
    }

    /// What the judge says of a run one of whose files was changed.
    private String judged(Path run, String file, UnaryOperator<String> change, String... beside) {
        try {
            Path changed = Files.createDirectories(folder.resolve("changed"));
            for (String each : List.of("steps.jsonl", "events.jsonl")) {
                List<String> lines = Files.readAllLines(run.resolve(each));
                Files.write(
                        changed.resolve(each),
                        lines.stream()
                                .map(each.equals(file) ? change : UnaryOperator.identity())
                                .filter(line -> !line.isEmpty())
                                .toList());
            }
            out.getBuffer().setLength(0);
            List<String> words = new ArrayList<>(List.of("chaos", "judge", changed.toString()));
            if (beside.length > 0) {
                words.addAll(List.of("--beside", beside[0]));
            }
            assertThat(pando(words.toArray(String[]::new))).as(out.toString()).isEqualTo(1);
            return out.toString();
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    @Test
    void shouldListTheFaults() {
        assertThat(pando("chaos", "faults")).isZero();
        assertThat(out.toString()).contains("bit flip").contains("partition (injected by: simulate)");
    }
}
