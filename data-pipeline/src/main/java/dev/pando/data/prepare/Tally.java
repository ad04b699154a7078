package dev.pando.data.prepare;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.data.document.JsonLines;
import dev.pando.data.rules.Filter.Reason;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Counts what a step kept and removed, by source and language, with examples of each reason.
///
/// Tallies of parts add up to the same tally in any order.
public final class Tally {
    private static final int EXAMPLES = 4;
    private static final int EXCERPT = 400;

    /// Documents and bytes of text, before and after a step.
    public record Count(long documents, long bytes, long keptDocuments, long keptBytes) {
        public static final Count ZERO = new Count(0, 0, 0, 0);

        public Count plus(Count other) {
            return new Count(
                    documents + other.documents,
                    bytes + other.bytes,
                    keptDocuments + other.keptDocuments,
                    keptBytes + other.keptBytes);
        }
    }

    /// A removed document for a person to look at: those nearest to the limit say most about it.
    public record Example(String id, double value, double limit, String text) {
        private static final Comparator<Example> NEAREST =
                Comparator.comparingDouble((Example example) -> Math.abs(example.value - example.limit))
                        .thenComparing(Example::id)
                        .thenComparing(Example::text);
    }

    private final Map<String, Map<String, Count>> counts = new TreeMap<>();
    private final Map<String, Long> reasons = new TreeMap<>();
    private final Map<String, List<Example>> examples = new TreeMap<>();
    private final Map<Integer, Long> lengths = new TreeMap<>();

    /// @param bytes of the text before the step, which may have changed it
    void kept(ObjectNode document, long bytes) {
        long after = bytes(document);
        count(document, new Count(1, bytes, 1, after));
        lengths.merge(64 - Long.numberOfLeadingZeros(after), 1L, Long::sum);
    }

    void removed(ObjectNode document, Reason reason) {
        count(document, new Count(1, bytes(document), 0, 0));
        reasons.merge(reason.rule(), 1L, Long::sum);
        String text = document.path("text").asText();
        String excerpt = text.substring(0, Math.min(EXCERPT, text.length()));
        example(
                reason.rule(),
                new Example(document.path("id").asText(), reason.value(), reason.limit(), JsonLines.sound(excerpt)));
    }

    /// What was made of documents, such as one of a repository's files.
    void joined(ObjectNode document, long bytes, long documents) {
        long after = bytes(document);
        count(document, new Count(documents, bytes, 1, after));
        lengths.merge(64 - Long.numberOfLeadingZeros(after), 1L, Long::sum);
    }

    static long bytes(ObjectNode document) {
        String text = document.path("text").asText();
        long bytes = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            bytes += c < 0x80 ? 1 : c < 0x800 || Character.isSurrogate(c) ? 2 : 3;
        }
        return bytes;
    }

    private void count(ObjectNode document, Count count) {
        counts.computeIfAbsent(document.path("source").asText(), _ -> new TreeMap<>())
                .merge(document.path("language").asText("?"), count, Count::plus);
    }

    private void example(String rule, Example example) {
        List<Example> some = examples.computeIfAbsent(rule, _ -> new ArrayList<>());
        some.add(example);
        some.sort(Example.NEAREST);
        if (some.size() > EXAMPLES) {
            some.removeLast();
        }
    }

    void add(Tally other) {
        other.counts.forEach((source, languages) -> {
            Map<String, Count> ours = counts.computeIfAbsent(source, _ -> new TreeMap<>());
            languages.forEach((language, count) -> ours.merge(language, count, Count::plus));
        });
        other.reasons.forEach((rule, count) -> reasons.merge(rule, count, Long::sum));
        other.examples.forEach((rule, some) -> some.forEach(example -> example(rule, example)));
        other.lengths.forEach((length, count) -> lengths.merge(length, count, Long::sum));
    }

    /// By source, then by language; `?` where it is not known.
    public Map<String, Map<String, Count>> counts() {
        return counts;
    }

    public Count total() {
        return counts.values().stream().flatMap(some -> some.values().stream()).reduce(Count.ZERO, Count::plus);
    }

    /// Removed documents by rule.
    public Map<String, Long> reasons() {
        return reasons;
    }

    public Map<String, List<Example>> examples() {
        return examples;
    }

    /// Kept documents by the number of binary digits of their bytes: 11 stands for 1,024 to 2,047.
    public Map<Integer, Long> lengths() {
        return lengths;
    }

    ObjectNode toJson() {
        ObjectNode json = JsonLines.object();
        ObjectNode all = json.putObject("counts");
        counts.forEach((source, languages) -> {
            ObjectNode one = all.putObject(source);
            languages.forEach((language, count) ->
                    one.putObject(language)
                            .put("documents", count.documents)
                            .put("bytes", count.bytes)
                            .put("kept_documents", count.keptDocuments)
                            .put("kept_bytes", count.keptBytes));
        });
        ObjectNode rules = json.putObject("removed");
        reasons.forEach(rules::put);
        ObjectNode some = json.putObject("examples");
        examples.forEach((rule, list) -> {
            ArrayNode array = some.putArray(rule);
            list.forEach(example ->
                    array.addObject()
                            .put("id", example.id)
                            .put("value", example.value)
                            .put("limit", example.limit)
                            .put("text", example.text));
        });
        ObjectNode histogram = json.putObject("lengths");
        lengths.forEach((length, count) -> histogram.put(length.toString(), count));
        return json;
    }

    static Tally of(JsonNode json) {
        Tally tally = new Tally();
        for (var source : json.path("counts").properties()) {
            Map<String, Count> languages = tally.counts.computeIfAbsent(source.getKey(), _ -> new TreeMap<>());
            for (var language : source.getValue().properties()) {
                JsonNode count = language.getValue();
                languages.put(
                        language.getKey(),
                        new Count(
                                count.path("documents").asLong(),
                                count.path("bytes").asLong(),
                                count.path("kept_documents").asLong(),
                                count.path("kept_bytes").asLong()));
            }
        }
        for (var rule : json.path("removed").properties()) {
            tally.reasons.put(rule.getKey(), rule.getValue().asLong());
        }
        for (var rule : json.path("examples").properties()) {
            for (JsonNode example : rule.getValue()) {
                tally.example(
                        rule.getKey(),
                        new Example(
                                example.path("id").asText(),
                                example.path("value").asDouble(),
                                example.path("limit").asDouble(),
                                example.path("text").asText()));
            }
        }
        for (var length : json.path("lengths").properties()) {
            tally.lengths.put(Integer.parseInt(length.getKey()), length.getValue().asLong());
        }
        return tally;
    }
}
