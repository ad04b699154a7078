package dev.pando.bench.step;

import dev.pando.bench.step.Comparison.Side;
import java.util.Collection;
import java.util.Comparator;
import java.util.Formatter;
import java.util.Locale;
import java.util.OptionalDouble;

/// Writes results for people, as Markdown.
final class Tables {
    private Tables() {}

    static String of(Comparison result) {
        Workload work = result.work();
        Formatter text = new Formatter(Locale.ROOT);
        text.format("### %s, %s%n%n", work.name(), threads(result.threads()));
        text.format(
                "%.2f M parameters, %d x %d tokens, %.1f GFLOP a step; peak of the cores %s GFLOP/s; %s%n%n",
                work.parameters() / 1e6,
                work.rows(),
                work.length(),
                work.flops() / 1e9,
                result.peak().text("%.0f"),
                others(result.othersCores()));
        text.format(
                "| | tokens/s | GFLOP/s | of the peak | last / first quarter | Pando over it | in processor time |%n");
        text.format("| --- | --- | --- | --- | --- | --- | --- |%n");
        for (int i = 0; i < result.sides().size(); i++) {
            Side side = result.sides().get(i);
            text.format(
                    "| %s | %s | %.1f | %s | %.2f | %s | %s |%n",
                    side.name(),
                    side.tokensPerSecond(work).text("%.0f"),
                    result.gflopPerSecond(side),
                    result.shareOfPeak(side).text("%.2f"),
                    side.drift(),
                    i == 0 ? "" : result.ratio(side).text("%.2f"),
                    i == 0 ? "" : result.ratioOfCpuTime(side).text("%.2f"));
        }
        return text.toString();
    }

    /// @param seconds of all the steps that were measured
    static String of(Collection<Meter> meters, int steps, double seconds) {
        Formatter text = new Formatter(Locale.ROOT);
        text.format("| operator | calls a step | ms a step | of the step | GFLOP/s | GB/s |%n");
        text.format("| --- | --- | --- | --- | --- | --- |%n");
        meters.stream()
                .sorted(Comparator.comparingLong(Meter::nanoseconds).reversed())
                .forEach(meter ->
                        text.format(
                                "| %s | %d | %.2f | %.1f %% | %s | %.1f |%n",
                                meter.operator(),
                                meter.calls() / steps,
                                meter.nanoseconds() / 1e6 / steps,
                                100 * meter.nanoseconds() / 1e9 / seconds,
                                meter.gflopPerSecond() > 0
                                        ? String.format(Locale.ROOT, "%.1f", meter.gflopPerSecond())
                                        : "",
                                meter.gigabytesPerSecond()));
        double rest = seconds - meters.stream().mapToLong(Meter::nanoseconds).sum() / 1e9;
        text.format("| between operators | | %.2f | %.1f %% | | |%n", 1e3 * rest / steps, 100 * rest / seconds);
        return text.toString();
    }

    static String threads(int threads) {
        return threads == 1 ? "1 thread" : threads + " threads";
    }

    private static String others(OptionalDouble cores) {
        return cores.isPresent()
                ? String.format(Locale.ROOT, "others used %.1f cores meanwhile", cores.getAsDouble())
                : "what others did meanwhile is unknown here";
    }
}
