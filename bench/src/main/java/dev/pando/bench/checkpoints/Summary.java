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
import java.util.stream.Stream;

/// Draws the table of a run: medians over its rounds, ratios taken within a round.
public final class Summary {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String OURS = "background";

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
        summary.saving();
        summary.everyStep();
        summary.restoring();
    }

    private void saving() {
        line("| way | loop kept, s | and slowed, s | durable after, s | its blocking over `background`'s |");
        line("| --- | --- | --- | --- | --- |");
        for (String way : ways("checkpoint")) {
            line(
                    "| %s | %s | %s | %s | %s |"
                            .formatted(
                                    way,
                                    figure("checkpoint", way, "blocking_s", "%.4f"),
                                    figure("checkpoint", way, "stall_s", "%.2f"),
                                    figure("checkpoint", way, "durable_s", "%.2f"),
                                    ratio(way)));
        }
        line("");
    }

    private void everyStep() {
        String way = "pando: memory each, disk each tenth";
        line("| a snapshot every step to a peer's memory, every tenth to disk | |");
        line("| --- | --- |");
        line("| training stood still, share of a step, median | %s %% |".formatted(share("blocking_share_p50", way)));
        line("| the same, 99th percentile | %s %% |".formatted(share("blocking_share_p99", way)));
        line(
                "| step alone; with it, s | %s; %s |"
                        .formatted(
                                figure("every_step", way, "step_s", "%.3f"),
                                figure("every_step", way, "step_s_with", "%.3f")));
        line("| in the peer's memory after, s | %s |".formatted(figure("every_step", way, "in_peer_memory_s", "%.2f")));
        line(
                "| superseded on the way there, of %s | %s |"
                        .formatted(
                                figure("every_step", way, "steps", "%.0f"),
                                figure("every_step", way, "superseded", "%.0f")));
        line("| host memory for copies, MB | %s |".formatted(figure("every_step", way, "copies_mb", "%.0f")));
        line("");
    }

    private void restoring() {
        line("| restored from | s | MB/s | the medium's, MB/s | share | measured as |");
        line("| --- | --- | --- | --- | --- | --- |");
        for (String way : ways("restore")) {
            line(
                    "| %s | %s | %s | %s | %s | %s |"
                            .formatted(
                                    way.replace("pando: ", ""),
                                    figure("restore", way, "restore_s", "%.2f"),
                                    figure("restore", way, "mb_s", "%.0f"),
                                    figure("restore", way, "medium_mb_s", "%.0f"),
                                    figure("restore", way, "share", "%.2f"),
                                    lines("restore", way).findFirst().orElseThrow().path("medium").asText()));
        }
    }

    private static String name(JsonNode line) {
        String peer = line.path("peer").asText();
        return (peer.startsWith("pando") ? "pando" : peer) + ": " + line.path("way").asText();
    }

    private Set<String> ways(String bench) {
        Set<String> ways = new LinkedHashSet<>();
        rounds.forEach(round ->
                round.stream()
                        .filter(line -> line.path("bench").asText().equals(bench))
                        .map(Summary::name)
                        .forEach(ways::add));
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

    private String figure(String bench, String way, String key, String format) {
        double[] values = lines(bench, way).mapToDouble(line -> line.path(key).asDouble()).toArray();
        return values.length == 0 ? "—" : String.format(Locale.ROOT, format, Spread.median(values));
    }

    private String share(String key, String way) {
        double[] values = lines("every_step", way).mapToDouble(line -> 100 * line.path(key).asDouble()).toArray();
        return values.length == 0 ? "—" : String.format(Locale.ROOT, "%.3f", Spread.median(values));
    }

    private String ratio(String way) {
        List<Double> ratios = new ArrayList<>();
        for (List<JsonNode> round : rounds) {
            Optional<JsonNode> ours = in(round, "checkpoint", "pando: " + OURS);
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
