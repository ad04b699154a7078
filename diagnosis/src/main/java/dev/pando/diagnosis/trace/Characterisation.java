package dev.pando.diagnosis.trace;

import dev.pando.diagnosis.DiagnosisException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/// Reads the tables of a cluster's trace and says what was run there, how long it took and waited, and how it ended,
/// beside what the paper of the trace says.
///
/// Tables of jobs are streamed, whatever their length. Derived tables, such as quantiles of utilisation or the causes
/// of failures, are shown as they are.
public final class Characterisation {
    private final Map<String, Jobs> clusters = new TreeMap<>();
    private final Map<String, String> lacks = new TreeMap<>();
    private final List<Table> tables = new ArrayList<>();
    private final List<String> ignored = new ArrayList<>();
    private long rows;

    /// A derived table.
    ///
    /// @param name of its file
    /// @param header its columns
    /// @param rows its first rows
    record Table(String name, List<String> header, List<List<String>> rows) {}

    private Characterisation() {}

    /// Reads files, and the tables in folders.
    public static Characterisation of(List<Path> places) {
        Characterisation made = new Characterisation();
        List<Path> files = new ArrayList<>();
        for (Path place : places) {
            files.addAll(Files.isDirectory(place) ? tablesIn(place) : List.of(place));
        }
        if (files.isEmpty()) {
            throw new DiagnosisException("there is no table (*.csv, *.csv.gz) in " + places);
        }
        files.forEach(made::read);
        if (made.clusters.isEmpty() && made.tables.isEmpty()) {
            throw new DiagnosisException(
                    "none of " + files + " is a trace of jobs: one column must hold GPUs (gpu_num), and one durations");
        }
        return made;
    }

    /// Rows of jobs read.
    public long rows() {
        return rows;
    }

    /// Writes the report, one HTML file that opens anywhere.
    public void writeReport(Path file) {
        try {
            Files.writeString(file, new TraceReport(this).html(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new DiagnosisException("cannot write the report " + file + ": " + e.getMessage(), e);
        }
    }

    /// The figures of each trace for a terminal, with the paper's beside them.
    public String summary() {
        StringBuilder text = new StringBuilder();
        clusters.forEach((name, jobs) -> {
            text.append(name).append(": ").append(jobs.all.jobs).append(" GPU jobs\n");
            Figures.of(jobs)
                    .forEach((figure, value) -> {
                        Optional<Double> paper = paper(name, figure);
                        text.append(
                                String.format(
                                        java.util.Locale.ROOT, "  %-44s %12s", figure, TraceReport.number(value)));
                        paper.ifPresent(said ->
                                text.append(
                                        String.format(
                                                java.util.Locale.ROOT,
                                                "   paper %s%s",
                                                TraceReport.number(said),
                                                isApart(value, said) ? ", apart" : "")));
                        text.append('\n');
                    });
        });
        return text.toString();
    }

    private void read(Path file) {
        try (Csv csv = new Csv(file)) {
            Optional<Shape> shape = Shape.of(file, csv);
            if (shape.isPresent() && csv.column("job_num", "gpus_from", "metric", "reason") < 0) {
                readJobs(shape.get(), csv);
            } else if (csv.header().size() > 1) {
                tables.add(table(file, csv));
            } else {
                ignored.add(file.getFileName().toString());
            }
        }
    }

    private void readJobs(Shape shape, Csv csv) {
        String name = shape.cluster();
        for (int i = 2; clusters.containsKey(name); i++) {
            name = shape.cluster() + " (" + i + ")";
        }
        Jobs jobs = new Jobs();
        while (csv.next()) {
            jobs.add(shape.row());
            rows++;
        }
        clusters.put(name, jobs);
        lacks.put(name, shape.lacks());
    }

    private static Table table(Path file, Csv csv) {
        List<List<String>> rows = new ArrayList<>();
        while (csv.next() && rows.size() < 100_000) {
            List<String> row = new ArrayList<>();
            for (int i = 0; i < csv.header().size(); i++) {
                row.add(csv.text(i));
            }
            rows.add(row);
        }
        return new Table(file.getFileName().toString(), csv.header(), rows);
    }

    private static List<Path> tablesIn(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.toString().matches(".*\\.csv(\\.gz)?")).sorted().toList();
        } catch (IOException e) {
            throw new DiagnosisException("cannot read the folder " + folder + ": " + e.getMessage(), e);
        }
    }

    Map<String, Jobs> clusters() {
        return clusters;
    }

    /// What a trace's columns do not show.
    String lacks(String cluster) {
        return lacks.getOrDefault(cluster, "");
    }

    List<Table> tables() {
        return tables;
    }

    List<String> ignored() {
        return ignored;
    }

    /// The paper's figure beside one of ours; of a file that holds a part of a cluster, too.
    static Optional<Double> paper(String cluster, String figure) {
        String base = cluster.replaceAll(" \\(\\d+\\)$", "");
        var value = Paper.figure(base, figure);
        return value.isPresent() ? Optional.of(value.getAsDouble()) : Optional.empty();
    }

    /// Whether two figures differ by more than a tenth.
    static boolean isApart(double ours, double paper) {
        return Math.abs(ours - paper) > Paper.APART * Math.max(Math.abs(paper), 1);
    }
}
