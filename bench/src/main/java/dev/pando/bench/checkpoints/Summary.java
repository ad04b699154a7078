package dev.pando.bench.checkpoints;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.pando.bench.Spread;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/// Draws the tables of a run: the median of all samples of all rounds, and between what four out of five of them lay;
/// ratios are taken within a round.
public final class Summary {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String OURS = "pando: background";

    private final List<List<JsonNode>> rounds;

    private Summary(List<List<JsonNode>> rounds) {
        this.rounds = rounds;
    }

    /// @param args a file of each round
    public static void main(String[] args) throws IOException {
        List<List<JsonNode>> rounds = new ArrayList<>();
        for (String file : args) {
            List<JsonNode> lines = new ArrayList<>();
            for (String line : Files.readAllLines(Path.of(file))) {
                if (line.startsWith("{")) {
                    lines.add(JSON.readTree(line));
                }
            }
            rounds.add(lines);
        }
        Summary summary = new Summary(rounds);
        summary.conditions();
        summary.saving();
        summary.restoring();
    }

    private void conditions() {
        Set<String> peers = new LinkedHashSet<>();
        all().map(line -> line.path("peer").asText()).filter(peer -> !peer.equals("pando")).forEach(peers::add);
        line(
                String.format(
                        Locale.ROOT,
                        "%d rounds on %d cores, Java %s%s. Medians of all samples; in brackets, between what four of"
                                + " five lay.",
                        rounds.size(),
                        Runtime.getRuntime().availableProcessors(),
                        Runtime.version().feature(),
                        peers.isEmpty() ? "" : ", " + String.join(", ", peers)));
        line("");
    }

    private void saving() {
        if (ways("checkpoint").isEmpty()) {
            return;
        }
        line(
                "| one checkpoint of %s MB | loop kept, s | and slowed, s | durable after, s | times as long as in the background |"
                        .formatted(figure("checkpoint", OURS, "state_mb_per_rank", "%.0f")));
        line("| --- | --- | --- | --- | --- |");
        for (String way : ways("checkpoint")) {
            line(
                    "| %s | %s | %s | %s | %s |"
                            .formatted(
                                    way,
                                    spread("checkpoint", way, "blocking_s", "%.4f"),
                                    spread("checkpoint", way, "stall_s", "%.2f"),
                                    spread("checkpoint", way, "durable_s", "%.2f"),
                                    way.equals(OURS) ? "" : ratio(way)));
        }
        line("");
    }

    private void restoring() {
        if (ways("restore").isEmpty()) {
            return;
        }
        line("| restored from | s | MB/s | the medium alone, MB/s | share of it | the medium is |");
        line("| --- | --- | --- | --- | --- | --- |");
        for (String way : ways("restore")) {
            line(
                    "| %s | %s | %s | %s | %s | %s |"
                            .formatted(
                                    way.replace("pando: ", ""),
                                    spread("restore", way, "restore_s", "%.3f"),
                                    figure("restore", way, "mb_s", "%.0f"),
                                    figure("restore", way, "medium_mb_s", "%.0f"),
                                    spread("restore", way, "share", "%.2f"),
                                    lines("restore", way).findFirst().orElseThrow().path("medium").asText()));
        }
        for (String way : ways("save")) {
            line("");
            line(
                    "Saving to the S3 server took %s s, %s MB/s."
                            .formatted(spread("save", way, "durable_s", "%.1f"), figure("save", way, "mb_s", "%.0f")));
        }
    }

    private Stream<JsonNode> all() {
        return rounds.stream().flatMap(List::stream);
    }

    private static String name(JsonNode line) {
        String peer = line.path("peer").asText();
        return (peer.startsWith("pando") ? "pando" : "PyTorch") + ": " + line.path("way").asText();
    }

    private Set<String> ways(String bench) {
        Set<String> ways = new LinkedHashSet<>();
        all().filter(line -> line.path("bench").asText().equals(bench)).map(Summary::name).forEach(ways::add);
        return ways;
    }

    private Stream<JsonNode> lines(String bench, String way) {
        return rounds.stream().flatMap(round -> in(round, bench, way).stream());
    }

    private static Optional<JsonNode> in(List<JsonNode> round, String bench, String way) {
        return round.stream()
                .filter(line -> line.path("bench").asText().equals(bench) && name(line).equals(way))
                .findFirst();
    }

    /// Every sample where a line has them all, else one figure a round.
    private DoubleStream samples(String bench, String way, String key) {
        return lines(bench, way)
                .flatMapToDouble(line ->
                        line.has(key + "_all")
                                ? StreamSupport.stream(line.path(key + "_all").spliterator(), false)
                                        .mapToDouble(JsonNode::asDouble)
                                : DoubleStream.of(line.path(key).asDouble()));
    }

    private String figure(String bench, String way, String key, String format) {
        double[] values = lines(bench, way).mapToDouble(line -> line.path(key).asDouble()).toArray();
        return values.length == 0 ? "—" : format.formatted(Spread.median(values));
    }

    private String spread(String bench, String way, String key, String format) {
        double[] values = samples(bench, way, key).toArray();
        return values.length == 0 ? "—" : Spread.of(values).text(format);
    }

    private String ratio(String way) {
        List<Double> ratios = new ArrayList<>();
        for (List<JsonNode> round : rounds) {
            Optional<JsonNode> ours = in(round, "checkpoint", OURS);
            Optional<JsonNode> theirs = in(round, "checkpoint", way);
            if (ours.isPresent() && theirs.isPresent()) {
                ratios.add(
                        theirs.get().path("blocking_s").asDouble()
                                / Math.max(1e-5, ours.get().path("blocking_s").asDouble()));
            }
        }
        return ratios.isEmpty()
                ? "—"
                : Spread.of(ratios.stream().mapToDouble(Double::doubleValue).toArray()).text("%.0f");
    }

    private static void line(String text) {
        System.out.println(text);
    }
}
