package dev.pando.data.prepare;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.data.document.JsonLines;
import dev.pando.data.document.PipelineException;
import dev.pando.data.document.Troubles;
import dev.pando.training.data.Digest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/// A corpus that was prepared, to look into: what was done, why a document is not there, what differs from another.
public final class Prepared {
    static final String FILE = "corpus.json";
    private static final int NAMED = 5;

    private final Path folder;
    private final JsonNode corpus;

    private Prepared(Path folder, JsonNode corpus) {
        this.folder = folder;
        this.corpus = corpus;
    }

    /// @param folder of one result, or the `out` of a recipe, whose newest result it is then
    public static Prepared open(Path folder) {
        Path found = Files.exists(folder.resolve(FILE)) ? folder : folder.resolve("current");
        try {
            return new Prepared(found, JsonLines.value(Files.readString(found.resolve(FILE))));
        } catch (IOException e) {
            throw new PipelineException(
                    folder + " holds no prepared corpus (no " + FILE + "): name the out folder of a recipe", e);
        }
    }

    static void delete(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        List<Path> files;
        try (var walk = Files.walk(folder)) {
            files = walk.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path file : files) {
            Files.delete(file);
        }
    }

    public Path folder() {
        return folder;
    }

    /// SHA-256 of the documents and the tokens.
    public String hash() {
        return corpus.path("hash").asText();
    }

    /// `corpus.json`.
    public JsonNode json() {
        return corpus;
    }

    /// What was broken, over all steps.
    public Troubles troubles() {
        Troubles all = new Troubles();
        corpus.path("steps").forEach(step -> all.addAll(Troubles.of(step.path("troubles"))));
        return all;
    }

    /// The funnel, the removals by rule and the token shards, as lines for a person.
    public List<String> lines() {
        List<String> lines = new ArrayList<>();
        for (JsonNode step : corpus.path("steps")) {
            long in = step.path("documents").asLong();
            long kept = step.path("kept").asLong();
            lines.add(
                    String.format(
                            Locale.ROOT,
                            "%-22s %,12d -> %,12d documents %6.2f %% kept %,15d bytes",
                            step.path("step").asText(),
                            in,
                            kept,
                            in == 0 ? 100.0 : 100.0 * kept / in,
                            step.path("kept_bytes").asLong()));
            for (var rule : step.path("removed").properties()) {
                lines.add(String.format(Locale.ROOT, "    %-40s %,12d", rule.getKey(), rule.getValue().asLong()));
            }
        }
        for (var bucket : corpus.path("tokens").properties()) {
            lines.add(
                    String.format(
                            Locale.ROOT,
                            "tokens/%-30s %,12d documents %,15d tokens",
                            bucket.getKey(),
                            bucket.getValue().path("documents").asLong(),
                            bucket.getValue().path("tokens").asLong()));
        }
        lines.add("hash " + hash());
        return lines;
    }

    private List<Path> documents() {
        List<Path> files = new ArrayList<>();
        corpus.path("documents").forEach(name -> files.add(folder.resolve(name.asText())));
        return files;
    }

    private List<Path> removed(JsonNode step) {
        Path store = Path.of(corpus.path("store").asText());
        List<Path> files = new ArrayList<>();
        step.path("removed_files").forEach(name -> files.add(store.resolve(name.asText())));
        return files;
    }

    /// Documents with an id, kept or removed: a removed one says why in `dropped`, and in `at` at which step.
    public List<ObjectNode> why(String id) {
        List<ObjectNode> found = new ArrayList<>();
        for (JsonNode step : corpus.path("steps")) {
            for (Path file : removed(step)) {
                if (!Files.exists(file)) {
                    throw new PipelineException(
                            file + " is gone: run the recipe again, and it writes what it removed again");
                }
                Documents.each(
                        file,
                        document -> {
                            if (document.path("id").asText().equals(id)) {
                                found.add(document.put("at", step.path("step").asText()));
                            }
                        });
            }
        }
        for (Path file : documents()) {
            Documents.each(
                    file,
                    document -> {
                        if (document.path("id").asText().equals(id)) {
                            found.add(document.put("at", "kept"));
                        }
                    });
        }
        return found;
    }

    /// Some documents, the same for the same seed.
    ///
    /// @param from a step, for documents that it removed; empty for kept ones
    public List<ObjectNode> sample(String from, int count, long seed) {
        List<Path> files = documents();
        if (!from.isEmpty()) {
            files =
                    removed(
                            steps().stream()
                                    .filter(step -> step.path("step").asText().equals(from))
                                    .findFirst()
                                    .orElseThrow(() ->
                                            new PipelineException(
                                                    "there is no step "
                                                            + from
                                                            + "; there are "
                                                            + String.join(
                                                                    ", ",
                                                                    steps().stream()
                                                                            .map(step -> step.path("step").asText())
                                                                            .toList()))));
        }
        TreeMap<String, ObjectNode> least = new TreeMap<>();
        int[] number = {0};
        for (Path file : files) {
            Documents.each(
                    file,
                    document -> {
                        Digest digest = new Digest("sample").add(seed).add(number[0]++);
                        least.put(digest.add(document.path("id").asText()).hex(), document);
                        if (least.size() > count) {
                            least.pollLastEntry();
                        }
                    });
        }
        return List.copyOf(least.values());
    }

    private List<JsonNode> steps() {
        List<JsonNode> steps = new ArrayList<>();
        corpus.path("steps").forEach(steps::add);
        return steps;
    }

    /// What another corpus has and this one has not, and the other way round.
    public List<String> differences(Prepared other) {
        Map<String, String> ours = texts();
        Map<String, String> theirs = other.texts();
        List<String> lines = new ArrayList<>();
        List<String> gone = ours.keySet().stream().filter(id -> !theirs.containsKey(id)).toList();
        List<String> came = theirs.keySet().stream().filter(id -> !ours.containsKey(id)).toList();
        List<String> changed =
                ours.keySet().stream()
                        .filter(theirs::containsKey)
                        .filter(id -> !ours.get(id).equals(theirs.get(id)))
                        .toList();
        lines.add(
                ours.size()
                        + " and "
                        + theirs.size()
                        + " documents: "
                        + gone.size()
                        + " only in the first, "
                        + came.size()
                        + " only in the second, "
                        + changed.size()
                        + " with another text");
        gone.stream().limit(NAMED).forEach(id -> lines.add("- " + id + reason(other, id)));
        came.stream().limit(NAMED).forEach(id -> lines.add("+ " + id + reason(this, id)));
        changed.stream().limit(NAMED).forEach(id -> lines.add("~ " + id));
        return lines;
    }

    private static String reason(Prepared where, String id) {
        return where.why(id).stream()
                .filter(document -> document.has("dropped"))
                .findFirst()
                .map(document ->
                        ": " + document.path("at").asText() + ", " + document.path("dropped").path("rule").asText())
                .orElse("");
    }

    private Map<String, String> texts() {
        Map<String, String> texts = new TreeMap<>();
        for (Path file : documents()) {
            Documents.each(
                    file,
                    document ->
                            texts.put(
                                    document.path("id").asText(),
                                    new Digest("text").add(document.path("text").asText()).hex()));
        }
        return texts;
    }
}
