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
import java.io.StringWriter;
import java.io.Writer;
import java.lang.management.ManagementFactory;
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
    private static final int BURIED = 8 << 20;

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
    private long megabytes;

    @Option(
            names = "--rounds",
            defaultValue = "3",
            description =
                    "Measured rounds over it after one for the compiler, default ${DEFAULT-VALUE}; 0 measures the"
                            + " first.")
    private int rounds;

    @Option(
            names = "--seed",
            defaultValue = "1",
            description = "Of the incidents that are learned from, default ${DEFAULT-VALUE}.")
    private long seed;

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
        learning();
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
            start = round == 1 ? cpu() : start; // the first is for the compiler
            for (JsonNode label : labels) {
                Verdict verdict = diagnoser.diagnose(logs.resolve(label.get("file").asText()));
                if (round > 0) {
                    continue;
                }
                Set<String> accepted = accepted(label);
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
        double millis = (cpu() - start) / NANOS * 1e3 / REPEATS / labels.size();
        row("labelled logs: reason", right + " of " + labels.size());
        row("category", sides + " of " + labels.size());
        row("action", actions + " of " + labels.size());
        row("stopped where a restart would do; cordoned where not", stops + "; " + cordons);
        row("processor time a log", String.format(Locale.ROOT, "%.2f ms", millis));
        buried(diagnoser, labels);
    }

    /// Puts each log between two parts of a long training log and counts those whose first root-cause line is still
    /// there after compression.
    private void buried(Diagnoser diagnoser, JsonNode labels) throws IOException {
        Path routine = Files.createTempFile("pando-bench", ".log");
        TrainingLog.write(routine, BURIED);
        Path whole = Files.createTempFile("pando-bench", ".log");
        long logs = 0;
        long kept = 0;
        long before;
        try (Stream<String> lines = Files.lines(routine)) {
            before = lines.count();
        }
        for (JsonNode label : labels) {
            Path log = this.logs.resolve(label.get("file").asText());
            Verdict verdict = diagnoser.diagnose(log);
            if (verdict.evidence().isEmpty()) {
                continue;
            }
            try (OutputStream out = Files.newOutputStream(whole)) {
                Files.copy(routine, out);
                Files.copy(log, out);
                out.write('\n');
                Files.copy(routine, out);
            }
            StringWriter text = new StringWriter();
            new Compressor(RuleSet.standard(), new PrintWriter(text)).compress(List.of(whole));
            long line = before + verdict.evidence().getFirst().line();
            boolean found = text.toString().lines().anyMatch(one -> one.strip().startsWith(line + "  "));
            logs++;
            kept += found ? 1 : 0;
            if (!found) {
                System.err.printf("%s: lost by compression: %s%n", log, verdict.evidence().getFirst());
            }
        }
        Files.delete(routine);
        Files.delete(whole);
        row("root-cause lines kept by compression", kept + " of " + logs);
    }

    private static Category side(String reason) {
        return Reason.of(reason).map(Reason::category).orElse(Category.OTHER);
    }

    private void learning() throws IOException {
        List<Path> watched = new ArrayList<>();
        List<Set<String>> reasons = new ArrayList<>();
        if (logs != null) {
            for (JsonNode label : new ObjectMapper().readTree(logs.resolve("labels.json").toFile())) {
                watched.add(logs.resolve(label.get("file").asText()));
                reasons.add(accepted(label));
            }
        }
        Path folder = Files.createTempDirectory("pando-bench");
        Learning.Result result = new Learning(seed, folder).measure(new Learning.Watched(watched, reasons));
        Files.deleteIfExists(folder.resolve("incident.log"));
        Files.delete(folder);
        row(
                "learning: reasons whose fourth incident is caught, of three wordings; before",
                result.caught() + " of " + result.classes() + "; " + result.caughtBefore());
        row(
                "fourth incidents caught; rules entered",
                result.caughtTrials() + " of " + result.trials() + "; " + result.rules());
        row(
                "labelled logs judged worse for what was learned",
                result.worse() + " of " + watched.size() * result.classes());
    }

    private static Set<String> accepted(JsonNode label) {
        Set<String> accepted = new TreeSet<>(Set.of(label.get("category").asText()));
        label.path("also_acceptable").forEach(other -> accepted.add(other.asText()));
        return accepted;
    }

    private void templates() throws IOException {
        double[] sums = new double[4];
        List<Path> tables;
        try (Stream<Path> files = Files.walk(loghub)) {
            tables =
                    files.filter(file -> file.toString().matches(".*structured(_corrected)?\\.csv(\\.gz)?"))
                            .sorted()
                            .toList();
        }
        for (Path table : tables) {
            LabelledLines lines = LabelledLines.of(table);
            String system = table.getFileName().toString().replaceAll("_2k.*", "");
            double[] content = scores(lines.templates(), groups(lines.content()));
            double[] raw = scores(lines.templates(), groups(raw(table)));
            row(
                    "templates of " + system + ": raw lines; message alone",
                    String.format(
                            Locale.ROOT,
                            "GA %.3f, FGA %.3f; GA %.3f, FGA %.3f",
                            raw[0],
                            raw[1],
                            content[0],
                            content[1]));
            for (int i = 0; i < 2; i++) {
                sums[i] += raw[i] / tables.size();
                sums[i + 2] += content[i] / tables.size();
            }
        }
        row(
                "mean of " + tables.size() + ": raw lines; message alone",
                String.format(Locale.ROOT, "GA %.3f, FGA %.3f; GA %.3f, FGA %.3f", sums[0], sums[1], sums[2], sums[3]));
    }

    /// The lines of the log that a table was made from, which lies beside it.
    private static List<String> raw(Path table) throws IOException {
        String name = table.getFileName().toString().replaceAll("_structured.*", "");
        Path plain = table.resolveSibling(name);
        return Tables.text(Files.exists(plain) ? plain : table.resolveSibling(name + ".gz")).lines().toList();
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
        long lines = TrainingLog.write(log, megabytes << 20);
        double size = Files.size(log) / 1e6;
        List<Double> listed = new ArrayList<>();
        List<Double> compressed = new ArrayList<>();
        List<Double> diagnosed = new ArrayList<>();
        Compressor.Tally tally = null;
        Verdict verdict = null;
        for (int round = 0; round <= rounds; round++) { // the first is for the compiler
            long start = cpu();
            Templates.list(log, OutputStream.nullOutputStream());
            listed.add((cpu() - start) / NANOS);
            start = cpu();
            tally =
                    new Compressor(RuleSet.standard(), new PrintWriter(new BufferedWriter(Writer.nullWriter())))
                            .compress(List.of(log));
            compressed.add((cpu() - start) / NANOS);
            start = cpu();
            verdict = new Diagnoser(RuleSet.standard()).diagnose(log);
            diagnosed.add((cpu() - start) / NANOS);
        }
        long kept = tally.kept();
        row("log of the measures", String.format(Locale.ROOT, "%,d lines, %,.0f MB", lines, size));
        row("templates, lines/s a core", spread(listed, lines));
        row("compression, lines gone", String.format(Locale.ROOT, "%.2f %%", 100.0 * (lines - kept) / lines));
        row("compression, MB/s a core", spread(compressed, size));
        row("diagnosis, MB/s a core; reason", spread(diagnosed, size) + "; " + verdict.reason().label());
        row("heap of this JVM", (Runtime.getRuntime().maxMemory() >> 20) + " MB");
        Files.delete(log);
    }

    /// Time of this thread on a core, so that what else the machine does counts less.
    private static long cpu() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    /// Median of the rates of all rounds but the first, with the lowest and the highest.
    private static String spread(List<Double> seconds, double work) {
        List<Double> rates = seconds.stream().skip(seconds.size() > 1 ? 1 : 0).map(one -> work / one).sorted().toList();
        return String.format(
                Locale.ROOT, "%,.0f (%,.0f to %,.0f)", rates.get(rates.size() / 2), rates.getFirst(), rates.getLast());
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
