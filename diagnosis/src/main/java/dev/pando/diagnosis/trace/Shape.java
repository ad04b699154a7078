package dev.pando.diagnosis.trace;

import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Knows by its header how a job trace is written: AcmeTrace of either cluster, Helios, Philly or PAI, as far as their
/// columns go.
///
/// The defects of AcmeTrace are mended here: Kalos' `duration` is counted from the submission, so the queue is taken
/// off; Seren's times are of +08:00 and Kalos' of UTC.
final class Shape {
    private static final Pattern TIME =
            Pattern.compile(
                    "(\\d{4})-(\\d\\d?)-(\\d\\d?)[T"
                            + " ](\\d\\d?):(\\d\\d):(\\d\\d)(?:\\.\\d+)?(?:Z|([+-])(\\d\\d):?(\\d\\d))?.*");
    private static final double PAI_PERCENT = 100;

    private final String cluster;
    private final Csv csv;
    private final int gpus;
    private final int instances;
    private final boolean percent;
    private final int type;
    private final int state;
    private final int user;
    private final int duration;
    private final int queue;
    private final int submitted;
    private final int started;
    private final int ended;
    private final boolean holdsQueue;

    private Shape(String cluster, Csv csv) {
        this.cluster = cluster;
        this.csv = csv;
        gpus = csv.column("gpu_num", "num_gpus", "gpus", "plan_gpu", "gpu");
        percent = gpus >= 0 && csv.header().get(gpus).equals("plan_gpu");
        instances = percent ? csv.column("inst_num") : -1;
        type = csv.column("type", "job_type", "task_type");
        state = csv.column("state", "status");
        user = csv.column("user", "user_id");
        int fromSubmission = csv.column("duration_s_submit_to_end");
        duration = fromSubmission >= 0 ? fromSubmission : csv.column("duration", "duration_s", "run_time", "runtime");
        queue = csv.column("queue", "queue_s", "queue_time", "queueing_delay", "wait_time");
        submitted = csv.column("submit_time", "submit_time_utc", "submitted_time", "submit_offset_s");
        started = csv.column("start_time");
        ended = csv.column("end_time", "finish_time");
        holdsQueue = fromSubmission >= 0 || cluster.equals("Kalos");
    }

    /// How the table at hand is written; empty where it is no trace of jobs.
    static Optional<Shape> of(Path file, Csv csv) {
        boolean jobs =
                csv.column("gpu_num", "num_gpus", "gpus", "plan_gpu", "gpu") >= 0
                        && (csv.column("duration", "duration_s", "duration_s_submit_to_end", "run_time", "runtime") >= 0
                                || csv.has("start_time", "end_time"));
        return jobs ? Optional.of(new Shape(cluster(file, csv), csv)) : Optional.empty();
    }

    /// Whose trace it is: a name of Acme's clusters where the file or its columns say so, else the file's.
    String cluster() {
        return cluster;
    }

    /// What could not be read from this shape.
    String lacks() {
        StringBuilder lacks = new StringBuilder();
        lack(lacks, type, "types");
        lack(lacks, state, "states");
        lack(lacks, queue >= 0 || submitted >= 0 && started >= 0 ? 0 : -1, "queues");
        lack(lacks, user, "users");
        lack(lacks, submitted, "arrivals");
        return lacks.toString();
    }

    /// The job of the row at hand.
    Jobs.Row row() {
        double submit = seconds(csv.text(submitted));
        double start = seconds(csv.text(started));
        double end = seconds(csv.text(ended));
        double queued = csv.number(queue);
        if (Double.isNaN(queued)) {
            queued = start - submit;
        }
        double ran = csv.number(duration);
        if (Double.isNaN(ran)) {
            ran = end - start;
        } else if (holdsQueue && !Double.isNaN(queued)) {
            ran = Math.max(0, ran - queued);
        }
        double count = csv.number(gpus);
        if (percent) {
            double parts = csv.number(instances);
            count = count / PAI_PERCENT * (Double.isNaN(parts) ? 1 : parts);
        }
        return new Jobs.Row(
                named(csv.text(type), "all"),
                named(csv.text(state), "unknown").toUpperCase(Locale.ROOT),
                csv.text(user),
                Double.isNaN(count) ? 0 : count,
                ran,
                queued,
                submit);
    }

    private static String named(String text, String otherwise) {
        return text.isEmpty() ? otherwise : text;
    }

    private static void lack(StringBuilder lacks, int column, String what) {
        if (column < 0) {
            lacks.append(lacks.isEmpty() ? "" : ", ").append(what);
        }
    }

    private static String cluster(Path file, Csv csv) {
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        if (name.contains("kalos") || csv.column("mem_per_pod_gb") >= 0) {
            return "Kalos";
        }
        if (name.contains("seren")) {
            return "Seren";
        }
        return name.replaceAll("\\.csv(\\.gz)?$", "");
    }

    private static double seconds(String text) {
        if (text.isEmpty()) {
            return Double.NaN;
        }
        if (text.chars().allMatch(c -> c >= '0' && c <= '9' || c == '.')) {
            return Double.parseDouble(text);
        }
        Matcher time = TIME.matcher(text);
        if (!time.matches()) {
            return Double.NaN;
        }
        try {
            double local =
                    LocalDateTime.of(n(time, 1), n(time, 2), n(time, 3), n(time, 4), n(time, 5), n(time, 6))
                            .toEpochSecond(ZoneOffset.UTC);
            // the hour of the day is of interest, so the place's own time counts
            return local;
        } catch (DateTimeException e) {
            return Double.NaN; // a time that cannot be
        }
    }

    private static int n(Matcher found, int group) {
        return Integer.parseInt(found.group(group));
    }
}
