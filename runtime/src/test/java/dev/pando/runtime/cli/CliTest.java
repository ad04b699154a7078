package dev.pando.runtime.cli;

import static dev.pando.runtime.cli.CommandLines.pando;
import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.runtime.TinyJob;
import dev.pando.runtime.cli.CommandLines.Shown;
import dev.pando.runtime.folder.SampleLine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CliTest {
    @TempDir private Path temp;

    private TinyJob tiny;

    @BeforeEach
    void writeText() {
        tiny = new TinyJob(temp);
    }

    @Test
    void shouldTrainAndEndWithTheHash() {
        Shown shown = pando("train", tiny.file("run"), "--steps", 6, "--workers", 3);

        assertThat(shown.err()).isEmpty();
        assertThat(shown.exit()).isZero();
        assertThat(shown.out().lines().toList().getFirst()).startsWith("tiny: 6 steps of 64 tokens, 3 workers");
        assertThat(shown.out().lines()).anyMatch(line -> line.startsWith("step 6/6  loss "));
        assertThat(shown.out().lines()).anyMatch(line -> line.startsWith("finished: 6 steps in "));
        assertThat(shown.out().lines())
                .as("memory is predicted as it is taken")
                .anyMatch(line -> line.matches("memory: a worker held (\\S+ MiB) on cpu \\(.*\\); predicted were \\1"));
        assertThat(shown.out().lines().toList().getLast()).matches("hash sha256:[0-9a-f]{64}");
        assertThat(shown.out()).as("plain lines in a pipe").doesNotContain("\u001b", "\r");
        assertThat(tiny.out("run").resolve("pando.log")).isNotEmptyFile();
    }

    @Test
    void shouldTrainOnTheFolderThatIsGiven() throws IOException {
        Path mine = Files.createDirectory(temp.resolve("mine"));
        Files.writeString(mine.resolve("a.md"), "All of this is mine. ".repeat(50));

        Shown shown =
                pando("train", tiny.file("run"), "--data", mine, "--out", temp.resolve("elsewhere"), "--steps", 2);

        assertThat(shown.exit()).isZero();
        assertThat(Files.readString(temp.resolve("elsewhere/job.conf"))).contains(mine.toString());
        assertThat(tiny.out("run")).doesNotExist();
    }

    @Test
    void shouldGoOnWithTheRunInAFolder() {
        String whole =
                lastLine(pando("train", tiny.file("whole", "pando.job.optimizer.schedule-steps = 6"), "--steps", 6));
        pando("train", tiny.file("run", "pando.job.optimizer.schedule-steps = 6"), "--steps", 4);

        Shown shown = pando("train", tiny.out("run"), "--resume", "--steps", 6, "--workers", 1);

        assertThat(shown.out())
                .contains("going on after 4 steps")
                .contains("the state is that of checkpoint step-0000000004");
        assertThat(lastLine(shown)).isEqualTo(whole);
    }

    @Test
    void shouldRefuseTheFolderOfAnotherRunWithOneSentence() {
        pando("train", tiny.file("run"), "--steps", 2);

        Shown shown = pando("train", tiny.file("run"), "--steps", 2);

        assertThat(shown.exit()).isEqualTo(2);
        assertThat(shown.err())
                .isEqualTo(
                        tiny.out("run")
                                + " holds a run already: continue it with --resume, or pick another folder with"
                                + " --out\n");
    }

    @Test
    void shouldSayWhatIsWrongInTheConfigWithoutAStackTrace() {
        Path file = tiny.file("run", "pando.job.model.hiden = 5");

        Shown shown = pando("train", file);

        assertThat(shown.exit()).isEqualTo(2);
        assertThat(shown.err())
                .isEqualTo(file + ":10: there is no key pando.job.model.hiden; did you mean pando.job.model.hidden?\n");
    }

    @Test
    void shouldShowWhereAnErrorCameFromWhenAsked() {
        Shown shown = pando("train", temp.resolve("no.conf"), "--trace");

        assertThat(shown.exit()).isEqualTo(2);
        assertThat(shown.err())
                .startsWith("there is no file " + temp.resolve("no.conf") + "\n")
                .contains("\tat dev.pando.");
    }

    @Test
    void shouldSayThatTheDataIsMissing() {
        Shown shown = pando("train", tiny.file("run"), "--data", temp.resolve("nowhere"));

        assertThat(shown.exit()).isEqualTo(1);
        assertThat(shown.err()).contains(temp.resolve("nowhere").toString()).hasLineCount(1);
        assertThat(tiny.out("run")).as("nothing half-written").doesNotExist();
    }

    @Test
    void shouldTellMisuseFromFailure() {
        assertThat(pando("trian"))
                .isEqualTo(
                        new Shown(
                                2,
                                "",
                                "Unmatched argument at index 0: 'trian'; did you mean train? See pando --help\n"));
        assertThat(pando("version").err())
                .isEqualTo("Unmatched argument at index 0: 'version'; did you mean --version? See pando --help\n");
        assertThat(pando("quux").err()).isEqualTo("Unmatched argument at index 0: 'quux'; see pando --help\n");
        assertThat(pando("train"))
                .isEqualTo(new Shown(2, "", "Missing required parameter: 'CONF'; see pando train --help\n"));
        assertThat(pando("train", "a.conf", "--steps", "many"))
                .isEqualTo(
                        new Shown(
                                2,
                                "",
                                "Invalid value for option '--steps': 'many' is not a long; see pando train --help\n"));
    }

    @Test
    void shouldExplainEveryCommandOfItself() {
        Shown overview = pando("--help");
        assertThat(overview.exit()).isZero();
        assertThat(overview.out()).contains("train", "generate", "report", "doctor", "--version");

        for (String command : new String[] {"train", "generate", "report", "doctor"}) {
            Shown shown = pando(command, "--help");
            assertThat(shown.exit()).as(command).isZero();
            assertThat(shown.out()).as(command).startsWith("Usage: pando " + command);
        }
    }

    @Test
    void shouldHelpByItsWordToo() {
        assertThat(pando("help", "train").out()).isEqualTo(pando("train", "--help").out());
    }

    @Test
    void shouldCompleteItsWordsInAShell() {
        Shown script = pando("completion");

        assertThat(script.exit()).isZero();
        assertThat(script.out()).contains("complete ", "-F _complete_pando", "--resume", "checkpoint");
    }

    @Test
    void shouldSayItsVersion() {
        assertThat(pando("--version").out())
                .matches("pando \\d\\S+( \\([0-9a-f]{7,}(, changed)?\\))?, Java 25\\S* \\(.+\\), Linux \\S+\n");
    }

    @Test
    void shouldExamineTheMachine() {
        Shown shown = pando("doctor");

        assertThat(shown.exit()).isZero();
        assertThat(shown.out()).contains("✓ Java", "OpenBLAS", "memory", "disk", "GPU");
    }

    @Test
    void shouldDrawTheReportAnew() throws IOException {
        pando("train", tiny.file("run"), "--steps", 2);
        Files.delete(tiny.out("run").resolve("report.html"));

        Shown shown = pando("report", tiny.out("run"));

        assertThat(shown).isEqualTo(new Shown(0, tiny.out("run").resolve("report.html") + "\n", ""));
        assertThat(tiny.out("run").resolve("report.html")).isNotEmptyFile();
    }

    @Test
    void shouldLookAtTheCheckpointsOfARun() throws IOException {
        pando("train", tiny.file("run"), "--steps", 8);
        Path run = tiny.out("run");

        assertThat(pando("checkpoint", "list", run).out().lines())
                .hasSize(2)
                .allMatch(line -> line.matches("step-\\S+  step [48]  \\d\\.\\d MB  \\d+ tensors"));
        assertThat(pando("checkpoint", "verify", run).out().lines())
                .hasSize(2)
                .allMatch(line -> line.endsWith("  sound"));
        assertThat(pando("checkpoint", "diff", run, "newest", "newest")).isEqualTo(new Shown(0, "the same bits\n", ""));
        Shown different = pando("checkpoint", "diff", run, 4, 8);
        assertThat(different.exit()).isEqualTo(1);
        assertThat(different.out()).contains("model.norm.weight  16 of 16 elements, by up to ");

        Path moved = Files.move(run, temp.resolve("moved"));
        assertThat(pando("checkpoint", "verify", moved, "newest").out()).endsWith("  sound\n");
        assertThat(pando("checkpoint", "verify", moved, "99").exit()).isEqualTo(1);
    }

    @Test
    void shouldWriteTextOnceTrained() {
        pando("train", tiny.file("run", "pando.job.sample { prompts = [\"Page 3\"], tokens = 12 }"));
        Path run = tiny.out("run");

        Shown first = pando("generate", run, "--prompt", "Page 1", "--prompt", "the grove", "--seed", 5);
        Shown again = pando("generate", run, "--prompt", "Page 1", "--prompt", "the grove", "--seed", 5);
        Shown other = pando("generate", run, "--prompt", "Page 1", "--prompt", "the grove", "--seed", 6);

        assertThat(first.exit()).as(first.err()).isZero();
        assertThat(first.out()).startsWith("Page 1").contains("\nthe grove");
        assertThat(again).isEqualTo(first);
        assertThat(other.out()).isNotEqualTo(first.out());
        assertThat(pando("generate", run).out()).as("the config's own prompt").startsWith("Page 3");
        assertThat(SampleLine.read(run))
                .singleElement()
                .satisfies(sample ->
                        assertThat(pando("generate", run).out()).isEqualTo(sample.prompt() + sample.text() + "\n"));
    }

    @Test
    void shouldRefuseToWriteWhatCannotBeWritten() {
        pando("train", tiny.file("run"), "--steps", 4);
        Path run = tiny.out("run");

        assertThat(pando("generate", run)).isEqualTo(new Shown(2, "", "no text to continue: write --prompt TEXT\n"));
        assertThat(pando("generate", run, "--prompt", "a", "--top-p", 2))
                .isEqualTo(new Shown(2, "", "--top-p must be above 0 and at most 1, not 2.0\n"));
        assertThat(pando("generate", temp.resolve("nowhere"), "--prompt", "a"))
                .isEqualTo(new Shown(2, "", temp.resolve("nowhere") + " holds no run: there is no job.conf in it\n"));
        assertThat(pando("generate", run, "--prompt", "a", "--checkpoint", "77").exit()).isEqualTo(1);
    }

    private static String lastLine(Shown shown) {
        return shown.out().lines().toList().getLast();
    }
}
