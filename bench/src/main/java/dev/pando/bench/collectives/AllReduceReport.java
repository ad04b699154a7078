package dev.pando.bench.collectives;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/// Makes of what the benchmark's programs have printed a Markdown table of times and ratios, a plot, and one file of
/// all figures.
///
/// A ratio is that of two figures of the same round; given are its median over the rounds and its range.
public final class AllReduceReport {
    private static final List<String> OURS =
            List.of("pando, shared result", "pando, shared memory", "pando, udp namespaces");

    private record Case(int world, long bytes) implements Comparable<Case> {
        @Override
        public int compareTo(Case other) {
            return world != other.world ? Integer.compare(world, other.world) : Long.compare(bytes, other.bytes);
        }
    }

    /// Microseconds a call, by round.
    private final SortedMap<Case, SortedMap<String, SortedMap<Integer, Double>>> times = new TreeMap<>();

    private final Set<String> names = new LinkedHashSet<>();
    private final List<JsonNode> figures = new ArrayList<>();
    private final ObjectMapper json = new ObjectMapper();

    private AllReduceReport() {}

    /// @param args a folder, then files of JSON lines, one a round
    public static void main(String[] args) throws IOException {
        AllReduceReport report = new AllReduceReport();
        for (int round = 1; round < args.length; round++) {
            report.read(Path.of(args[round]), round);
        }
        Path folder = Path.of(args[0]);
        report.json
                .writerWithDefaultPrettyPrinter()
                .writeValue(folder.resolve("figures.json").toFile(), report.figures);
        Files.writeString(folder.resolve("plot.svg"), report.plot());
        report.print();
    }

    private void read(Path file, int round) throws IOException {
        for (String line : Files.readAllLines(file)) {
            if (!line.startsWith("{")) {
                continue;
            }
            ObjectNode figure = (ObjectNode) json.readTree(line);
            figures.add(figure.put("round", round));
            if (figure.get("bench").asText().equals("allreduce")) {
                String name = figure.get("peer").asText() + ", " + figure.get("transport").asText();
                Case at = new Case(figure.get("world").asInt(), figure.get("bytes").asLong());
                times.computeIfAbsent(at, _ -> new TreeMap<>())
                        .computeIfAbsent(name, _ -> new TreeMap<>())
                        .put(round, figure.get("time_us").asDouble());
                names.add(name);
            }
        }
    }

    private String plot() {
        SortedMap<Integer, Map<String, SortedMap<Long, Double>>> speeds = new TreeMap<>();
        times.forEach((at, byName) ->
                byName.forEach((name, byRound) ->
                        speeds.computeIfAbsent(at.world(), _ -> new TreeMap<>())
                                .computeIfAbsent(name, _ -> new TreeMap<>())
                                .put(at.bytes(), at.bytes() / 1e3 / median(new ArrayList<>(byRound.values())))));
        return AllReducePlot.draw(speeds, List.copyOf(names));
    }

    private void print() {
        for (String ours : OURS) {
            if (names.contains(ours)) {
                print(ours);
            }
        }
        for (JsonNode figure : figures) {
            if (!figure.get("bench").asText().equals("allreduce")) {
                System.out.println(figure);
            }
        }
    }

    private void print(String ours) {
        List<String> others = names.stream().filter(name -> !OURS.contains(name)).toList();
        StringBuilder head = new StringBuilder("\n| processes | bytes | " + ours + ", us | GB/s |");
        StringBuilder rule = new StringBuilder("| ---: | ---: | ---: | ---: |");
        for (String other : others) {
            head.append(" time of ").append(other).append(" / ours |");
            rule.append(" ---: |");
        }
        System.out.println(head);
        System.out.println(rule);
        times.forEach((at, byName) -> {
            SortedMap<Integer, Double> own = byName.getOrDefault(ours, new TreeMap<>());
            if (own.isEmpty()) {
                return;
            }
            double time = median(new ArrayList<>(own.values()));
            StringBuilder row =
                    new StringBuilder(
                            String.format(
                                    Locale.ROOT,
                                    "| %d | %,d | %.1f | %.2f |",
                                    at.world(),
                                    at.bytes(),
                                    time,
                                    at.bytes() / time / 1e3));
            others.forEach(other -> row.append(ratio(byName.getOrDefault(other, new TreeMap<>()), own)));
            System.out.println(row);
        });
    }

    private static String ratio(SortedMap<Integer, Double> theirs, SortedMap<Integer, Double> ours) {
        List<Double> ratios = new ArrayList<>();
        theirs.forEach((round, time) -> {
            if (ours.containsKey(round)) {
                ratios.add(time / ours.get(round));
            }
        });
        if (ratios.isEmpty()) {
            return " |";
        }
        ratios.sort(Double::compare);
        return String.format(Locale.ROOT, " %.2f (%.2f-%.2f) |", median(ratios), ratios.getFirst(), ratios.getLast());
    }

    private static double median(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        return (sorted.get((sorted.size() - 1) / 2) + sorted.get(sorted.size() / 2)) / 2;
    }
}
