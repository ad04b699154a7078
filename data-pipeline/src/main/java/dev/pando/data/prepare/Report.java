package dev.pando.data.prepare;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.data.document.Troubles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/// One page that shows a person what became of the documents: a funnel by source, the reasons with examples near the
/// limit, lengths, languages, the largest clusters of duplicates, what was broken. One file without anything else.
final class Report {
    private static final int CLUSTERS = 12;
    private static final int MEMBERS = 6;
    private static final String STYLE =
            """
            body{font:15px/1.5 system-ui,sans-serif;max-width:1080px;margin:2em auto;padding:0 1em;color:#1b1f23}
            table{border-collapse:collapse;margin:.6em 0 1.6em}td,th{padding:.2em .8em;text-align:right;border-bottom:1px solid #e1e4e8}
            td:first-child,th:first-child{text-align:left}i.bar{display:inline-block;height:.8em;background:#2f7d5b;vertical-align:middle}
            details{margin:.3em 0}pre{white-space:pre-wrap;background:#f6f8fa;padding:.6em;margin:.3em 0;font-size:13px}
            small{color:#586069}
            """;

    private final JsonNode corpus;
    private final StringBuilder page = new StringBuilder();

    Report(ObjectNode corpus) {
        this.corpus = corpus;
    }

    String html() {
        String name = escaped(corpus.path("name").asText());
        page.append("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>").append(name);
        page.append("</title><style>").append(STYLE).append("</style><h1>").append(name).append("</h1><p><small>");
        page.append(escaped(corpus.path("hash").asText())).append("</small></p>");
        funnel();
        sources();
        reasons();
        lengths();
        clusters();
        tokens();
        broken();
        return page.append("</html>\n").toString();
    }

    private void funnel() {
        long most = corpus.path("steps").path(0).path("kept_bytes").asLong();
        page.append("<h2>Funnel</h2><table><tr><th>step<th>documents in<th>kept<th>kept %<th>bytes kept<th>");
        for (JsonNode step : corpus.path("steps")) {
            long bytes = step.path("kept_bytes").asLong();
            row(step.path("step").asText(), step.path("documents").asLong(), step.path("kept").asLong(), bytes);
            bar(bytes, most);
        }
        page.append("</table>");
    }

    private void row(String first, long in, long kept, long bytes) {
        page.append("<tr><td>").append(escaped(first)).append("<td>").append(number(in)).append("<td>");
        page.append(number(kept)).append("<td>");
        page.append(String.format(Locale.ROOT, "%.1f", in == 0 ? 100 : 100.0 * kept / in));
        page.append("<td>").append(number(bytes));
    }

    private void bar(long part, long all) {
        long width = all == 0 ? 0 : 200 * part / all;
        page.append("<td style=\"text-align:left\"><i class=\"bar\" style=\"width:").append(width).append("px\"></i>");
    }

    /// Kept over read, for each source and language.
    private void sources() {
        page.append("<h2>Sources and languages</h2><table><tr><th>source<th>language<th>documents<th>bytes<th>");
        JsonNode last = corpus.path("steps").path(corpus.path("steps").size() - 1);
        long most = last.path("kept_bytes").asLong();
        for (var source : last.path("counts").properties()) {
            for (var language : source.getValue().properties()) {
                long bytes = language.getValue().path("kept_bytes").asLong();
                page.append("<tr><td>")
                        .append(escaped(source.getKey()))
                        .append("<td>")
                        .append(escaped(language.getKey()));
                page.append("<td>").append(number(language.getValue().path("kept_documents").asLong()));
                page.append("<td>").append(number(bytes));
                bar(bytes, most);
            }
        }
        page.append(
                "</table><h3>Each source through the steps</h3><table><tr><th>source<th>documents in<th>kept<th>kept"
                        + " %<th>bytes kept");
        for (JsonNode step : corpus.path("steps")) {
            for (var source : step.path("counts").properties()) {
                long[] sums = new long[3];
                source.getValue()
                        .forEach(count -> {
                            sums[0] += count.path("documents").asLong();
                            sums[1] += count.path("kept_documents").asLong();
                            sums[2] += count.path("kept_bytes").asLong();
                        });
                row(source.getKey() + " · " + step.path("step").asText(), sums[0], sums[1], sums[2]);
            }
        }
        page.append("</table>");
    }

    private void reasons() {
        page.append("<h2>Why documents were removed</h2><p><small>Examples are those nearest to the limit.");
        page.append(" <code>./pando data why OUT ID</code> says it of any document.</small></p>");
        for (JsonNode step : corpus.path("steps")) {
            for (var rule : step.path("removed").properties()) {
                page.append("<details><summary><b>").append(escaped(step.path("step").asText())).append("</b> ");
                page.append(escaped(rule.getKey())).append(": ").append(number(rule.getValue().asLong()));
                page.append("</summary>");
                for (JsonNode example : step.path("examples").path(rule.getKey())) {
                    page.append("<p><code>").append(escaped(example.path("id").asText())).append("</code> value ");
                    page.append(example.path("value").asText())
                            .append(", limit ")
                            .append(example.path("limit").asText());
                    page.append("</p><pre>").append(escaped(example.path("text").asText())).append("</pre>");
                }
                page.append("</details>");
            }
        }
    }

    private void lengths() {
        page.append("<h2>Lengths of what is kept</h2><table><tr><th>bytes from<th>documents<th>");
        JsonNode last = corpus.path("steps").path(corpus.path("steps").size() - 1).path("lengths");
        TreeMap<Integer, Long> sorted = new TreeMap<>();
        last.properties().forEach(one -> sorted.put(Integer.parseInt(one.getKey()), one.getValue().asLong()));
        long most = sorted.values().stream().mapToLong(Long::longValue).max().orElse(0);
        sorted.forEach((digits, count) -> {
            page.append("<tr><td>").append(number(digits == 0 ? 0 : 1L << (digits - 1)));
            page.append("<td>").append(number(count));
            bar(count, most);
        });
        page.append("</table>");
    }

    /// The kept documents for which most were removed.
    private void clusters() {
        Map<String, List<String>> members = new TreeMap<>();
        Path store = Path.of(corpus.path("store").asText());
        for (JsonNode step : corpus.path("steps")) {
            for (JsonNode name : step.path("removed_files")) {
                Path file = store.resolve(name.asText());
                if (!step.path("step").asText().matches(".*-(near|exact)") || !Files.exists(file)) {
                    continue;
                }
                Documents.each(
                        file,
                        document ->
                                members.computeIfAbsent(document.path("kept").asText(), _ -> new ArrayList<>())
                                        .add(document.path("id").asText() + alike(document)));
            }
        }
        if (members.isEmpty()) {
            return;
        }
        page.append("<h2>Duplicates</h2><p>").append(number(members.size()));
        page.append(" kept documents stand for others; the largest clusters:</p>");
        members.entrySet().stream()
                .sorted((a, b) -> b.getValue().size() - a.getValue().size())
                .limit(CLUSTERS)
                .forEach(cluster -> {
                    page.append("<details><summary><code>")
                            .append(escaped(cluster.getKey()))
                            .append("</code> stands for ");
                    page.append(number(cluster.getValue().size())).append("</summary><pre>");
                    cluster.getValue().stream().limit(MEMBERS).forEach(id -> page.append(escaped(id)).append('\n'));
                    page.append("</pre></details>");
                });
    }

    private static String alike(JsonNode document) {
        return document.has("jaccard")
                ? String.format(Locale.ROOT, "  %.3f", document.path("jaccard").asDouble())
                : "  the same text";
    }

    private void tokens() {
        if (!corpus.has("tokens")) {
            return;
        }
        page.append("<h2>Token shards</h2><table><tr><th>folder<th>documents<th>bytes<th>tokens<th>");
        long most = 0;
        for (JsonNode bucket : corpus.path("tokens")) {
            most = Math.max(most, bucket.path("tokens").asLong());
        }
        for (var bucket : corpus.path("tokens").properties()) {
            page.append("<tr><td>tokens/").append(escaped(bucket.getKey()));
            for (String field : List.of("documents", "bytes", "tokens")) {
                page.append("<td>").append(number(bucket.getValue().path(field).asLong()));
            }
            bar(bucket.getValue().path("tokens").asLong(), most);
        }
        page.append("</table>");
    }

    private void broken() {
        Troubles all = new Troubles();
        corpus.path("steps").forEach(step -> all.addAll(Troubles.of(step.path("troubles"))));
        page.append("<h2>Broken input</h2><pre>");
        all.lines().forEach(line -> page.append(escaped(line)).append('\n'));
        page.append(all.lines().isEmpty() ? "nothing" : "").append("</pre>");
    }

    private static String number(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;");
    }
}
