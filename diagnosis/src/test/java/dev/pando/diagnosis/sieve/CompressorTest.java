package dev.pando.diagnosis.sieve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.diagnosis.Reason;
import dev.pando.diagnosis.judge.Diagnoser;
import dev.pando.diagnosis.rule.RuleSet;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CompressorTest {
    private static final RuleSet RULES = RuleSet.standard();

    @TempDir private Path folder;

    @Test
    void shouldDropRoutineAndKeepTheRoot() throws IOException {
        List<String> lines = steps(20_000);
        lines.add(9_000, "gpu-3:1:2 [0] NCCL WARN Cuda failure 'uncorrectable ECC error encountered'");
        lines.add(12_345, "step 12345 loss: 7.9 lr: 1.0");

        StringWriter text = new StringWriter();
        Compressor.Tally tally = new Compressor(RULES, new PrintWriter(text)).compress(List.of(write("log", lines)));

        assertThat(tally.lines()).isEqualTo(lines.size());
        assertThat(tally.kept()).isLessThan(lines.size() / 100);
        assertThat(text.toString()).contains("9001  gpu-3").contains("12346  step 12345 loss: 7.9").contains("# ");
    }

    @Test
    void shouldFoldStacks() throws IOException {
        List<String> lines = new ArrayList<>(List.of("java.lang.IllegalStateException: no place"));
        for (int i = 0; i < 40; i++) {
            lines.add(
                    "\tat dev.example.Deep"
                            + (char) ('a' + i % 26)
                            + ".call"
                            + (char) ('a' + i / 26)
                            + "(Deep.java:"
                            + i
                            + ")");
        }
        lines.add("end of it");

        StringWriter text = new StringWriter();
        new Compressor(RULES, new PrintWriter(text)).compress(List.of(write("log", lines)));

        assertThat(text.toString()).contains("lines of a stack").contains("no place").contains("end of it");
        assertThat(text.toString().lines().filter(line -> line.contains("at dev.example"))).hasSizeLessThanOrEqualTo(4);
    }

    @Test
    void shouldMergeRanksOnOneAxisOfTime() throws IOException {
        Path one =
                write(
                        "rank-0.log",
                        List.of("2024-01-01 00:00:01 begins", "2024-01-01 00:00:05 RuntimeError: peer is gone"));
        Path two =
                write(
                        "rank-1.log",
                        List.of(
                                "2024-01-01 00:00:02 starts too",
                                "2024-01-01 00:00:04 KeyError: 'x'",
                                "  no time here"));

        StringWriter text = new StringWriter();
        new Compressor(RULES, new PrintWriter(text)).compress(List.of(one, two));

        assertThat(text.toString().lines().limit(5).map(line -> line.substring(0, 11).strip()))
                .containsExactly("rank-0.log:", "rank-1.log:", "rank-1.log:", "rank-1.log:", "rank-0.log:");
    }

    @Test
    void shouldFindTheCauseAmongManyRoutineLines() throws IOException {
        List<String> lines = steps(50_000);
        lines.add(40_000, "[rank3]: KeyError: 'labels'");
        lines.subList(40_001, lines.size()).clear();
        for (int i = 0; i < 5_000; i++) {
            lines.add(
                    "[rank" + i % 8 + "]: NCCL error in: x.cpp:1, remote process exited or there was a network error");
        }

        var verdict = new Diagnoser(RULES).diagnose(write("log", lines));

        assertThat(verdict.reason()).isEqualTo(Reason.KEY_ERROR);
        assertThat(verdict.node()).contains("rank 3");
        assertThat(verdict.since()).contains("39999");
    }

    private static List<String> steps(int count) {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            lines.add(String.format(Locale.ROOT, "step %d loss: %.3f lr: 1.0", i, 2 + (i % 7) * 0.01));
        }
        return lines;
    }

    private Path write(String name, List<String> lines) throws IOException {
        return Files.write(folder.resolve(name), lines);
    }
}
