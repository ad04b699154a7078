package dev.pando.diagnosis.trace;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// Draws what a trace shows as one HTML page: figures beside the paper's, distributions, shares, tables.
final class TraceReport {
    private static final int SHOWN_ROWS = 40;
    private static final double[] SHARES = {0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99};
    private static final String STYLE =
            """
            body{font:15px/1.5 system-ui,sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#222}
            table{border-collapse:collapse;margin:1em 0;font-variant-numeric:tabular-nums}
            td,th{padding:.2em .7em;border-bottom:1px solid #ddd;text-align:right}
            td:first-child,th:first-child{text-align:left}
            .apart{background:#fff1d6}.note{color:#666}svg{max-width:100%}h2{margin-top:2em}
            """;

    private final Characterisation trace;

    TraceReport(Characterisation trace) {
        this.trace = trace;
    }

    String html() {
        StringBuilder page =
                new StringBuilder(
                        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Trace</title><style>");
        page.append(STYLE).append("</style><h1>What the trace shows</h1>");
        page.append("<p>")
                .append(trace.rows())
                .append(" rows of jobs. Quantiles are of buckets 1/16 of a power of two wide (3 %).")
                .append(" A figure that is more than a tenth from the paper's is marked.</p>");
        trace.clusters().forEach((name, jobs) -> cluster(page, name, jobs));
        if (!trace.tables().isEmpty()) {
            page.append("<h2>Derived tables</h2>");
            trace.tables().forEach(table -> derived(page, table));
        }
        page.append("<h2>Where sources disagree, and what could not be had</h2><ul>");
        Paper.NOTES.forEach(note -> page.append("<li>").append(escape(note)).append("</li>"));
        trace.clusters().keySet().stream()
                .filter(name -> !trace.lacks(name).isEmpty())
                .forEach(name ->
                        page.append("<li>")
                                .append(escape(name + ": its columns do not show " + trace.lacks(name) + "."))
                                .append("</li>"));
        trace.ignored()
                .forEach(name ->
                        page.append("<li>")
                                .append(escape(name + " is no table of jobs and was not read."))
                                .append("</li>"));
        return page.append("</ul></html>\n").toString();
    }

    private void cluster(StringBuilder page, String name, Jobs jobs) {
        page.append("<h2>").append(escape(name)).append("</h2><table><tr><th>figure<th>here<th>paper</tr>");
        Figures.of(jobs)
                .forEach((figure, value) -> {
                    Optional<Double> paper = Characterisation.paper(name, figure);
                    boolean apart = paper.isPresent() && Characterisation.isApart(value, paper.get());
                    page.append(apart ? "<tr class=\"apart\"><td>" : "<tr><td>")
                            .append(escape(figure))
                            .append("<td>")
                            .append(number(value));
                    page.append("<td>").append(paper.map(TraceReport::number).orElse("")).append("</tr>");
                });
        page.append("</table>");
        Map<String, Jobs.Group> types = new LinkedHashMap<>();
        types.put("all", jobs.all);
        if (jobs.byType.size() > 1) {
            types.putAll(jobs.byType);
        }
        quantiles(page, "Duration in seconds", types, false);
        quantiles(page, "Queue in seconds", types, true);
        page.append(curves("Share of jobs by running time in seconds, cumulative", types, false));
        page.append(curves("Share of jobs by waiting time in seconds, cumulative", types, true));
        page.append(sizes(jobs.all));
        shares(page, jobs);
        if (jobs.days() > 0) {
            page.append(hours(jobs.byHour));
        }
    }

    private static void quantiles(StringBuilder page, String title, Map<String, Jobs.Group> types, boolean queue) {
        if (types.values().stream().allMatch(group -> of(group, queue).count() == 0)) {
            return;
        }
        page.append("<h3>").append(title).append("</h3><table><tr><th>type<th>jobs");
        for (double share : SHARES) {
            page.append(String.format(Locale.ROOT, "<th>%.0f %%", 100 * share));
        }
        page.append("<th>mean</tr>");
        types.forEach((type, group) -> {
            Histogram histogram = of(group, queue);
            page.append("<tr><td>").append(escape(type)).append("<td>").append(group.jobs);
            for (double share : SHARES) {
                page.append("<td>").append(number(histogram.quantile(share)));
            }
            page.append("<td>").append(number(histogram.mean())).append("</tr>");
        });
        page.append("</table>");
    }

    private static void shares(StringBuilder page, Jobs jobs) {
        page.append(
                "<h3>Types and states</h3><table><tr><th>type<th>% of jobs<th>% of GPU time<th>GPU hours<th>GPUs,"
                        + " median<th>states by jobs, %</tr>");
        Map<String, Jobs.Group> types = new LinkedHashMap<>(jobs.byType);
        types.put("all", jobs.all);
        types.forEach((type, group) -> {
            List<String> states = new ArrayList<>();
            group.jobsByState.forEach((state, count) ->
                    states.add(state.toLowerCase(Locale.ROOT) + " " + number(100.0 * count / group.jobs)));
            page.append("<tr><td>")
                    .append(escape(type))
                    .append("<td>")
                    .append(number(100.0 * group.jobs / jobs.all.jobs));
            page.append("<td>").append(number(100 * group.gpuSeconds / jobs.all.gpuSeconds));
            page.append("<td>")
                    .append(number(group.gpuSeconds / 3600))
                    .append("<td>")
                    .append(number(group.gpus.quantile(0.5)));
            page.append("<td>").append(escape(String.join(", ", states))).append("</tr>");
        });
        page.append("</table>");
    }

    private static String curves(String title, Map<String, Jobs.Group> types, boolean queue) {
        double most = types.values().stream().mapToDouble(group -> of(group, queue).largest()).max().orElse(0);
        if (most < 1) {
            return "";
        }
        Plot plot = new Plot(title, Math.max(1, StrictMath.ceil(StrictMath.log10(most))));
        types.forEach((type, group) -> {
            List<double[]> points = new ArrayList<>();
            for (double x = 0; x <= plot.decades() + 1e-9; x += 0.1) {
                points.add(new double[] {x, of(group, queue).atMost(StrictMath.pow(10, x))});
            }
            plot.curve(type, points);
        });
        return plot.svg();
    }

    private static String sizes(Jobs.Group all) {
        Plot plot = new Plot("GPUs a job: share of jobs and of GPU time", 1);
        for (int i = 0; i < Jobs.GPUS.length; i++) {
            String label = Jobs.GPUS[i] == Integer.MAX_VALUE ? "more" : "≤ " + Jobs.GPUS[i];
            plot.bars(
                    label,
                    1.0 * all.jobsBySize[i] / all.jobs,
                    all.gpuSeconds == 0 ? 0 : all.gpuSecondsBySize[i] / all.gpuSeconds);
        }
        return plot.barsSvg("jobs", "GPU time");
    }

    private static String hours(long[] byHour) {
        long most = 1;
        for (long count : byHour) {
            most = Math.max(most, count);
        }
        Plot plot = new Plot("Jobs submitted by hour of the day, the busiest is 1", 1);
        for (int i = 0; i < byHour.length; i++) {
            plot.bars(String.valueOf(i), (double) byHour[i] / most, 0);
        }
        return plot.barsSvg("jobs", "");
    }

    /// A table as it is; one of quantiles by its telling rows alone.
    private static void derived(StringBuilder page, Characterisation.Table table) {
        int percentile = table.header().indexOf("percentile");
        List<List<String>> rows =
                percentile < 0
                        ? table.rows()
                        : table.rows().stream()
                                .filter(row -> row.get(percentile).matches("(5|25|50|75|95|99)(\\.0)?"))
                                .toList();
        page.append("<h3>").append(escape(table.name())).append("</h3><table><tr>");
        table.header().forEach(name -> page.append("<th>").append(escape(name)));
        page.append("</tr>");
        int limit = percentile < 0 ? SHOWN_ROWS : rows.size();
        rows.stream()
                .limit(limit)
                .forEach(row -> {
                    page.append("<tr>");
                    row.forEach(field -> page.append("<td>").append(escape(field)));
                    page.append("</tr>");
                });
        page.append("</table>");
        if (rows.size() > limit) {
            page.append("<p class=\"note\">").append(rows.size() - limit).append(" rows more</p>");
        }
    }

    private static Histogram of(Jobs.Group group, boolean queue) {
        return queue ? group.queue : group.duration;
    }

    static String number(double value) {
        if (Double.isNaN(value)) {
            return "";
        }
        double size = Math.abs(value);
        if (size >= 100 || value == Math.rint(value)) {
            return String.format(Locale.ROOT, "%,.0f", value);
        }
        return String.format(Locale.ROOT, size >= 10 ? "%.1f" : "%.2f", value);
    }

    static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}
