package dev.pando.bench.collectives;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/// Makes a Markdown table of what the benchmark's programs have printed, as times of Pando's and as ratios to it.
///
/// A ratio is that of two figures of the same round; given are its median over the rounds and its range.
public final class AllReduceReport {
    private static final String OURS = "pando, shared memory";

    private record Case(int world, long bytes) implements Comparable<Case> {
        @Override
        public int compareTo(Case other) {
            return world != other.world ? Integer.compare(world, other.world) : Long.compare(bytes, other.bytes);
        }
    }

    /// Microseconds a call, by round.
    private final SortedMap<Case, SortedMap<String, SortedMap<Integer, Double>>> times = new TreeMap<>();

    private final Set<String> others = new LinkedHashSet<>();

    private AllReduceReport() {}

    /// @param args files of JSON lines, one a round
    public static void main(String[] args) throws IOException {
        AllReduceReport report = new AllReduceReport();
        for (int round = 0; round < args.length; round++) {
            report.read(Path.of(args[round]), round);
        }
        report.print();
    }

    private void read(Path file, int round) throws IOException {
        ObjectMapper json = new ObjectMapper();
        for (String line : Files.readAllLines(file)) {
            if (line.startsWith("{")) {
                JsonNode figure = json.readTree(line);
                String name = figure.get("peer").asText() + ", " + figure.get("transport").asText();
                Case at = new Case(figure.get("world").asInt(), figure.get("bytes").asLong());
                times.computeIfAbsent(at, _ -> new TreeMap<>())
                        .computeIfAbsent(name, _ -> new TreeMap<>())
                        .put(round, figure.get("time_us").asDouble());
                if (!name.equals(OURS)) {
                    others.add(name);
                }
            }
        }
    }

    private void print() {
        StringBuilder head = new StringBuilder("| processes | bytes | " + OURS + ", us | GB/s |");
        StringBuilder rule = new StringBuilder("| ---: | ---: | ---: | ---: |");
        for (String other : others) {
            head.append(" time of ").append(other).append(" / ours |");
            rule.append(" ---: |");
        }
        System.out.println(head);
        System.out.println(rule);
        times.forEach((at, byName) -> {
            SortedMap<Integer, Double> ours = byName.getOrDefault(OURS, new TreeMap<>());
            if (ours.isEmpty()) {
                return;
            }
            double time = median(new ArrayList<>(ours.values()));
            StringBuilder row =
                    new StringBuilder(
                            String.format(
                                    Locale.ROOT,
                                    "| %d | %,d | %.1f | %.2f |",
                                    at.world(),
                                    at.bytes(),
                                    time,
                                    at.bytes() / time / 1e3));
            others.forEach(other -> row.append(ratio(byName.getOrDefault(other, new TreeMap<>()), ours)));
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
