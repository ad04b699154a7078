package dev.pando.runtime.cli.view;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.Stopwatch;
import dev.pando.runtime.settings.JobConfig;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProgressTest {
    private final StringWriter shown = new StringWriter();
    private long nowNs;
    private final Stopwatch stopwatch = () -> nowNs;

    @Test
    void shouldWriteAtMostOneLineASecondIntoAPipe() {
        Progress progress = progress(false);

        for (long step = 0; step < 20; step++) {
            pass(0.25);
            progress.happened(step(step, 3));
        }

        assertThat(shown.toString().lines())
                .hasSize(6)
                .allMatch(line ->
                        line.matches("step \\d+/20  loss \\d\\.\\d{3}  8\\.2k tokens/s(  0:0\\d left)?  3 workers"))
                .filteredOn(line -> !line.contains(" left"))
                .as("the first step says little of the rest")
                .singleElement()
                .asString()
                .startsWith("step 1/20 ");
        assertThat(shown.toString().lines().toList().getLast()).startsWith("step 20/20  loss ");
    }

    @Test
    void shouldTellAFaultAndItsEndInOneLineEach() {
        Progress progress = progress(false);
        progress.happened(step(6, 3));
        shown.getBuffer().setLength(0);

        progress.happened(new JobEvent.WorkerLost("worker-2", 7, "its thread threw IllegalStateException: killed"));
        progress.happened(new JobEvent.EpochOpened(2, 7, "worker-2 was lost", List.of("worker-0", "worker-1")));
        progress.happened(new JobEvent.ShardsMoved(7, 2, List.of(2, 5), "worker-0"));
        pass(0.42);
        progress.happened(step(7, 2));
        progress.happened(new JobEvent.WorkerJoined("worker-2#2", 8));

        assertThat(shown.toString().lines())
                .containsExactly(
                        "✗ step 7: lost worker-2: its thread threw IllegalStateException: killed",
                        "✓ step 7: committed 420 ms after the loss of worker-2, by 2 workers",
                        "+ step 8: worker-2#2 joined");
        assertThat(progress.summary())
                .isEqualTo("2 steps from step 6 on in 420 ms, loss 7.400 to 7.300, 1 fault survived");
    }

    @Test
    void shouldSayWhomItWaitsFor() {
        progress(false).waiting("waiting for s3://bucket/run: its server answers 503; given up after 180 s");
        progress(true).waiting("waiting for s3://bucket/run");

        assertThat(shown)
                .hasToString(
                        "waiting for s3://bucket/run: its server answers 503; given up after 180 s"
                                + System.lineSeparator()
                                + "\r\u001b[Kwaiting for s3://bucket/run\u001b[0m");
    }

    @Test
    void shouldTellWhatWentWrongWithCheckpointsAndSteps() {
        Progress progress = progress(false);

        progress.happened(new JobEvent.StateLoaded(4, "step-4", List.of("step-8 is torn")));
        progress.happened(new JobEvent.StepDropped(5, 2, "the sum of worker-1 differs from that of the majority"));
        progress.happened(new JobEvent.CheckpointFailed(8, "no space is left on the disk"));

        assertThat(shown.toString().lines())
                .containsExactly(
                        "! passed over a checkpoint: step-8 is torn",
                        "the state is that of checkpoint step-4",
                        "! step 5 dropped, computing it again: the sum of worker-1 differs from that of the majority",
                        "! after step 8: no space is left on the disk");
    }

    @Test
    void shouldNotSayWhatNobodyKnowsOfAStepThatAnEarlierLeaderCommitted() {
        Progress progress = progress(false);

        progress.happened(new JobEvent.StepCommitted(5, 1, 7.5, 1, 1e-3, 2048, 0, 0));
        progress.happened(new JobEvent.Started(6, true));

        assertThat(shown.toString().lines()).containsExactly("step 6/20  loss 7.500", "going on after 6 steps");
    }

    @Test
    void shouldSaySoWhenAStepIsSkippedAndShowTheLossOfTheOneBefore() {
        Progress progress = progress(false);

        progress.happened(new JobEvent.StepCommitted(5, 1, 7.5, 1, 1e-3, 2048, 0, 3));
        progress.happened(
                new JobEvent.RungTried(JobEvent.Rung.SKIP_DATA, 6, "its data gives no finite loss, on every worker"));
        pass(40);
        progress.happened(new JobEvent.StepCommitted(6, 1, Double.NaN, Double.NaN, 1e-3, 0, 0, 3));

        assertThat(shown.toString().lines())
                .containsExactly(
                        "step 6/20  loss 7.500  3 workers",
                        "! step 6 skipped: its data gives no finite loss, on every worker",
                        "step 7/20  loss 7.500  3 workers");
        assertThat(progress.summary()).contains("loss 7.500 to 7.500");
    }

    @Test
    void shouldNotSayHowLongAJobTookToSomebodyWhoCameLater() {
        Progress afterTheEnd = progress(false);
        Progress before = progress(false);

        before.happened(new JobEvent.StepCommitted(18, 1, 7.5, 1, 1e-3, 2048, 0, 3));
        before.happened(new JobEvent.StepCommitted(19, 1, 7.25, 1, 1e-3, 2048, 0.5, 3));

        assertThat(afterTheEnd.watched(20)).isEqualTo("20 steps");
        assertThat(before.watched(20)).isEqualTo("20 steps, loss 7.500 to 7.250");
    }

    @Test
    void shouldRedrawOneLineOnATerminalAndKeepItBelowWhatIsSaid() {
        Progress progress = progress(true);

        for (long step = 0; step < 12; step++) {
            pass(0.25);
            progress.happened(step(step, 3));
        }
        progress.say("something happened");
        progress.erase();
        assertThat(progress.summary()).isEqualTo("12 steps in 3.0 s, loss 8.000 to 7.350 (mean of the last 10)");

        String plain = shown.toString().replaceAll("\u001b\\[[0-9;]*m", "");
        assertThat(plain)
                .contains("\r\u001b[K━━━━━━━━━━━━────────  12/20  loss 6.900  8.2k tokens/s  0:02 left  3 workers");
        assertThat(plain).endsWith("\r\u001b[K");
        assertThat(plain.lines().filter(line -> line.endsWith("something happened"))).hasSize(1);
        assertThat(plain.chars().filter(letter -> letter == '\n').count()).as("lines that stay").isEqualTo(1);
    }

    @Test
    void shouldRedrawWithoutColourWhereItIsNotWanted() {
        Progress progress = progress(true, false);

        progress.happened(step(0, 3));

        assertThat(shown.toString()).startsWith("\r\u001b[K━").doesNotContainPattern("\u001b\\[[0-9;]*m");
        assertThat(List.of(Terminal.forbidsColour("1"), Terminal.forbidsColour(""))).containsExactly(true, false);
        assertThat(Terminal.forbidsColour(null)).isFalse();
    }

    @Test
    void shouldDrawTheLossInSomeLetters() {
        Sparkline curve = new Sparkline();
        assertThat(curve.text(16)).as("too little to see").isEmpty();

        for (int i = 0; i < 10_000; i++) {
            curve.add(8 - i * 7e-4);
        }

        assertThat(curve.text(8)).isEqualTo("█▇▆▅▄▃▂▁");
    }

    @Test
    void shouldSayNumbersAsPeopleDo() {
        assertThat(
                        List.of(
                                Words.duration(0.0421),
                                Words.duration(4.23),
                                Words.duration(42.4),
                                Words.duration(161),
                                Words.duration(3600),
                                Words.duration(11_100)))
                .containsExactly("42 ms", "4.2 s", "42 s", "2 min 41 s", "1 h", "3 h 5 min");
        assertThat(List.of(Words.count(950), Words.count(4812), Words.count(6_450_432), Words.count(19.86e9)))
                .containsExactly("950", "4.8k", "6.5M", "19.9B");
        assertThat(List.of(Words.clock(7.2), Words.clock(62), Words.clock(3607)))
                .containsExactly("0:07", "1:02", "1:00:07");
        assertThat(List.of(Words.counted(1, "fault"), Words.counted(0, "worker")))
                .containsExactly("1 fault", "0 workers");
    }

    private Progress progress(boolean live) {
        return progress(live, live);
    }

    private Progress progress(boolean live, boolean coloured) {
        return new Progress(
                new Terminal(new PrintWriter(shown, true), live, coloured),
                JobConfig.nothing().set("steps=20").settings(),
                stopwatch);
    }

    private void pass(double seconds) {
        nowNs += (long) (seconds * 1e9);
    }

    private static JobEvent.StepCommitted step(long step, int workers) {
        return new JobEvent.StepCommitted(step, 1, 8 - step * 0.1, 1, 1e-3, 2048, 0.25, workers);
    }
}
