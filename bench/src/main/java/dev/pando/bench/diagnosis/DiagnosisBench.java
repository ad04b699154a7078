package dev.pando.bench.diagnosis;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.pando.diagnosis.Action;
import dev.pando.diagnosis.Category;
import dev.pando.diagnosis.Reason;
import dev.pando.diagnosis.Verdict;
import dev.pando.diagnosis.judge.Diagnoser;
import dev.pando.diagnosis.rule.RuleSet;
import dev.pando.diagnosis.sieve.Compressor;
import dev.pando.diagnosis.template.Templates;
import java.io.BufferedWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// Measures the diagnosis on labelled logs, its templates on Loghub, and its speed on a generated log.
@Command(
        name = "bench/diagnosis",
        sortOptions = false,
        description =
                "Accuracy on labelled logs, grouping accuracy on Loghub, speed and compression; see bench/README.md.")
public final class DiagnosisBench implements Callable<Integer> {
    private static final double NANOS = 1e9;
    private static final int REPEATS = 20;

    @Option(
            names = "--logs",
            paramLabel = "DIR",
            description = "Labelled logs: labels.json with file, category, also_acceptable, recoverable.")
    private Path logs;

    @Option(
            names = "--loghub",
            paramLabel = "DIR",
            description = "A folder for each system with its *structured_corrected.csv, gzipped or not.")
    private Path loghub;

    @Option(
            names = "--megabytes",
            defaultValue = "100",
            description = "Size of the generated training log, default ${DEFAULT-VALUE}; 0 for none.")
    private int megabytes;

    private DiagnosisBench() {}

    /// Runs it.
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new DiagnosisBench()).execute(arguments));
    }

    @Override
    public Integer call() throws IOException {
        System.out.println("| what | figure |\n| --- | --- |");
        if (logs != null) {
            labelled();
        }
        if (loghub != null) {
            templates();
        }
        if (megabytes > 0) {
            speed();
        }
        return 0;
    }

    private void labelled() throws IOException {
        Diagnoser diagnoser = new Diagnoser(RuleSet.standard());
        JsonNode labels = new ObjectMapper().readTree(logs.resolve("labels.json").toFile());
        int right = 0;
        int sides = 0;
        int actions = 0;
        int stops = 0;
        int cordons = 0;
        long start = 0;
        for (int round = 0; round <= REPEATS; round++) {
            start = round == 1 ? System.nanoTime() : start; // the first is for the compiler
            for (JsonNode label : labels) {
                Verdict verdict = diagnoser.diagnose(logs.resolve(label.get("file").asText()));
                if (round > 0) {
                    continue;
                }
                Set<String> accepted = new TreeSet<>(Set.of(label.get("category").asText()));
                label.path("also_acceptable").forEach(other -> accepted.add(other.asText()));
                boolean isReason = accepted.contains(verdict.reason().label());
                // the labels know no way back beyond the newest checkpoint
                Action action = verdict.action() == Action.ROLL_BACK ? Action.RESTART_SAME_NODES : verdict.action();
                String wanted = label.get("recoverable").asText();
                right += isReason ? 1 : 0;
                actions += action.label().equals(wanted) ? 1 : 0;
                sides += accepted.stream().anyMatch(name -> side(name) == verdict.reason().category()) ? 1 : 0;
                stops += action == Action.USER_FIX && !wanted.equals("user_fix") ? 1 : 0;
                cordons += action == Action.CORDON_NODE && !wanted.equals("cordon_node") ? 1 : 0;
                if (!isReason || !action.label().equals(wanted)) {
                    System.err.printf(
                            "%s: wanted %s, %s: %s%n",
                            label.get("file").asText(), accepted, wanted, verdict.sentence());
                }
            }
        }
        double millis = (System.nanoTime() - start) / NANOS * 1e3 / REPEATS / labels.size();
        row("labelled logs: reason", right + " of " + labels.size());
        row("category", sides + " of " + labels.size());
        row("action", actions + " of " + labels.size());
        row("stopped where a restart would do; cordoned where not", stops + "; " + cordons);
        row("time a log", String.format(Locale.ROOT, "%.2f ms", millis));
    }

    private static Category side(String reason) {
        return Reason.of(reason).map(Reason::category).orElse(Category.OTHER);
    }

    private void templates() throws IOException {
        double accuracies = 0;
        double harmonies = 0;
        int systems = 0;
        List<Path> tables;
        try (Stream<Path> files = Files.walk(loghub)) {
            tables =
                    files.filter(file -> file.toString().matches(".*structured(_corrected)?\\.csv(\\.gz)?"))
                            .sorted()
                            .toList();
        }
        for (Path table : tables) {
            LabelledLines lines = LabelledLines.of(table);
            double[] scores = scores(lines.templates(), groups(lines.content()));
            row(
                    table.getFileName().toString().replaceAll("_2k.*", ""),
                    String.format(Locale.ROOT, "GA %.3f, FGA %.3f", scores[0], scores[1]));
            accuracies += scores[0];
            harmonies += scores[1];
            systems++;
        }
        row(
                "mean of " + systems,
                String.format(Locale.ROOT, "GA %.3f, FGA %.3f", accuracies / systems, harmonies / systems));
    }

    private static int[] groups(List<String> content) throws IOException {
        Path log = Files.createTempFile("pando-bench", ".log");
        Files.write(log, content);
        ByteArrayOutputStream listed = new ByteArrayOutputStream();
        Templates.list(log, listed);
        Files.delete(log);
        return listed.toString(StandardCharsets.UTF_8)
                .lines()
                .mapToInt(line -> Integer.parseInt(line.split("\t", 3)[1]))
                .toArray();
    }

    /// Grouping accuracy: share of lines whose group is exactly the labelled one; and F1 over groups.
    private static double[] scores(List<String> labels, int[] groups) {
        Map<String, BitSet> wanted = new HashMap<>();
        Map<Integer, BitSet> found = new HashMap<>();
        for (int i = 0; i < groups.length; i++) {
            wanted.computeIfAbsent(labels.get(i), key -> new BitSet()).set(i);
            found.computeIfAbsent(groups[i], key -> new BitSet()).set(i);
        }
        int lines = 0;
        int equal = 0;
        for (BitSet group : found.values()) {
            if (wanted.get(labels.get(group.nextSetBit(0))).equals(group)) {
                lines += group.cardinality();
                equal++;
            }
        }
        return new double[] {(double) lines / groups.length, 2.0 * equal / (found.size() + wanted.size())};
    }

    private void speed() throws IOException {
        Path log = Files.createTempFile("pando-bench", ".log");
        long lines = TrainingLog.write(log, (long) megabytes << 20);
        double size = Files.size(log) / 1e6;
        for (int round = 0; round < 2; round++) { // the first is for the compiler
            long start = System.nanoTime();
            Templates.list(log, OutputStream.nullOutputStream());
            double listed = (System.nanoTime() - start) / NANOS;
            start = System.nanoTime();
            Compressor.Tally tally =
                    new Compressor(RuleSet.standard(), new PrintWriter(new BufferedWriter(Writer.nullWriter())))
                            .compress(List.of(log));
            double compressed = (System.nanoTime() - start) / NANOS;
            start = System.nanoTime();
            Verdict verdict = new Diagnoser(RuleSet.standard()).diagnose(log);
            double diagnosed = (System.nanoTime() - start) / NANOS;
            if (round == 1) {
                row("templates, lines/s", String.format(Locale.ROOT, "%,.0f", lines / listed));
                row(
                        "compression: lines gone; MB/s",
                        String.format(
                                Locale.ROOT,
                                "%.2f %%; %.0f",
                                100.0 * (lines - tally.kept()) / lines,
                                size / compressed));
                row(
                        "diagnosis of it: MB/s; reason",
                        String.format(Locale.ROOT, "%.0f; %s", size / diagnosed, verdict.reason().label()));
            }
        }
        Files.delete(log);
    }

    private static void row(String what, String figure) {
        System.out.println("| " + what + " | " + figure + " |");
    }

    /// Content and template of each line of a Loghub table.
    private record LabelledLines(List<String> content, List<String> templates) {
        static LabelledLines of(Path table) throws IOException {
            List<List<String>> rows = Tables.rows(table);
            int content = rows.getFirst().indexOf("Content");
            int template = rows.getFirst().indexOf("EventId");
            List<String> contents = new ArrayList<>();
            List<String> templates = new ArrayList<>();
            for (List<String> row : rows.subList(1, rows.size())) {
                contents.add(row.get(content));
                templates.add(row.get(template));
            }
            return new LabelledLines(contents, templates);
        }
    }
}
