package dev.pando.bench.step;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.pando.bench.step.Comparison.Side;
import dev.pando.training.ops.CpuOps;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;

/// Writes results for programs: one JSON object a line, `kind` says which, appended to a file.
final class JsonLines {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path file;

    JsonLines(Path file) {
        this.file = file;
    }

    void add(Comparison result) {
        for (Side side : result.sides()) {
            Map<String, Object> line = line("step", result.work(), result.threads());
            line.put("side", side.name());
            line.put("library", CpuOps.library());
            line.put("tokens_a_step", result.work().tokens());
            line.put("parameters", result.work().parameters());
            line.put("flop_a_step", result.work().flops());
            line.put("tokens_per_second", side.tokensPerSecond(result.work()));
            line.put("gflop_per_second", result.gflopPerSecond(side));
            line.put("peak_gflop_per_second", result.peak());
            line.put("share_of_peak", result.shareOfPeak(side));
            line.put("last_over_first_quarter", side.drift());
            line.put("pando_over_it", result.ratio(side));
            line.put("pando_over_it_in_cpu_time", result.ratioOfCpuTime(side));
            line.put("cpu_seconds", side.cpuSeconds());
            result.othersCores().ifPresent(cores -> line.put("others_cores", cores));
            line.put("seconds", side.turns().stream().map(Contestant.Turn::seconds).toList());
            append(line);
        }
    }

    void add(Workload work, int threads, Collection<Meter> meters, int steps) {
        for (Meter meter : meters) {
            Map<String, Object> line = line("operator", work, threads);
            line.put("operator", meter.operator());
            line.put("calls_a_step", meter.calls() / steps);
            line.put("ms_a_step", meter.nanoseconds() / 1e6 / steps);
            line.put("gflop_per_second", meter.gflopPerSecond());
            line.put("gb_per_second", meter.gigabytesPerSecond());
            append(line);
        }
    }

    private static Map<String, Object> line(String kind, Workload work, int threads) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("kind", kind);
        line.put("config", work.name());
        line.put("threads", threads);
        return line;
    }

    private void append(Map<String, Object> line) {
        try {
            String text = JSON.writeValueAsString(line) + "\n";
            Files.writeString(file, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException failed) {
            throw new UncheckedIOException(file + " cannot be written", failed);
        }
    }
}
