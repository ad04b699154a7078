package dev.pando.diagnosis.trace;

import dev.pando.diagnosis.DiagnosisException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.TreeMap;

/// Replays a trace's arrivals on a simulated cluster, to compare ways of scheduling: how long each type of job waits.
///
/// GPUs are one pool, without nodes. The first in line that fits starts; among the first [#LOOKED_AT] of a line a
/// smaller job may pass a larger one. With a reservation, as in Acme (Hu et al., NSDI'24), pre-training comes first and
/// may take back the reserved GPUs from best-effort jobs, the newest first, which begin again; best-effort jobs use
/// what is free. Times are the trace's, no clock is read: the same trace gives the same figures.
public final class JobReplay {
    private static final int LOOKED_AT = 64;
    private static final String RESERVED_TYPE = "PRETRAIN";

    /// How the cluster is shared.
    public enum Policy {
        /// One line for all.
        FIFO,
        /// Pre-training first, within its reservation; all others best effort.
        RESERVATION
    }

    private static final class Job {
        final String type;
        final double arrives;
        final int gpus;
        final double seconds;
        final boolean reserved;
        double starts = Double.NaN;
        double ends;
        int evictions;
        boolean runs;

        Job(Jobs.Row row, int most) {
            type = row.type();
            arrives = row.submitted();
            gpus = (int) Math.min(most, Math.ceil(row.gpus()));
            seconds = row.seconds();
            reserved = row.type().toUpperCase(Locale.ROOT).equals(RESERVED_TYPE);
        }
    }

    private record End(double at, long number, Job job, int evictions) {}

    private final int gpus;
    private final int reserved;
    private final Policy policy;
    private final Deque<Job> line = new ArrayDeque<>();
    private final Deque<Job> first = new ArrayDeque<>();
    private final Deque<Job> bestEffort = new ArrayDeque<>(); // running, the newest last
    private final PriorityQueue<End> ends =
            new PriorityQueue<>(Comparator.comparingDouble(End::at).thenComparingLong(End::number));
    private int free;
    private int reservedInUse;
    private long numbers;
    private long evictions;
    private double busy;
    private double lost;
    private double last;

    private JobReplay(int gpus, int reserved, Policy policy) {
        this.gpus = gpus;
        this.reserved = policy == Policy.RESERVATION ? reserved : 0;
        this.policy = policy;
        this.free = gpus;
    }

    /// A table of what each way of sharing gives: queues by type, use of the cluster, jobs that had to begin again.
    ///
    /// @param gpus of the cluster
    /// @param reserved of them for pre-training
    public static String report(List<Path> files, int gpus, int reserved) {
        if (gpus < 1 || reserved < 0 || reserved > gpus) {
            throw new DiagnosisException("--gpus must be above 0, and --reserved from 0 to --gpus");
        }
        List<Jobs.Row> rows = new ArrayList<>();
        for (Path file : files) {
            read(file, rows);
        }
        rows.sort(Comparator.comparingDouble(Jobs.Row::submitted));
        StringBuilder text = new StringBuilder();
        text.append(
                String.format(
                        Locale.ROOT,
                        "%,d GPU jobs on %,d GPUs, %,d of them reserved for pre-training%n%n",
                        rows.size(),
                        gpus,
                        reserved));
        text.append(
                "| policy | type | jobs | queue p50, s | p90 | p99 | mean |\n"
                        + "| --- | --- | --- | --- | --- | --- | --- |\n");
        StringBuilder notes = new StringBuilder();
        for (Policy policy : Policy.values()) {
            new JobReplay(gpus, reserved, policy).run(rows, text, notes);
        }
        traced(rows, text);
        return text.append('\n').append(notes).toString();
    }

    private static void read(Path file, List<Jobs.Row> rows) {
        try (Csv csv = new Csv(file)) {
            Shape shape =
                    Shape.of(file, csv)
                            .orElseThrow(() ->
                                    new DiagnosisException(
                                            file + " is no trace of jobs: it needs columns gpu_num and duration"));
            int before = rows.size();
            while (csv.next()) {
                Jobs.Row row = shape.row();
                if (row.gpus() > 0 && !Double.isNaN(row.submitted()) && row.seconds() >= 0) {
                    rows.add(row);
                }
            }
            if (rows.size() == before) {
                throw new DiagnosisException(file + " has no GPU job with a time of submission and a duration");
            }
        }
    }

    private void run(List<Jobs.Row> rows, StringBuilder text, StringBuilder notes) {
        List<Job> jobs = new ArrayList<>();
        for (Jobs.Row row : rows) {
            Job job = new Job(row, gpus);
            until(job.arrives);
            jobs.add(job);
            (job.reserved && policy == Policy.RESERVATION ? first : line).add(job);
            start(job.arrives);
        }
        until(Double.POSITIVE_INFINITY);
        Map<String, Histogram> queues = new TreeMap<>();
        for (Job job : jobs) {
            queues.computeIfAbsent(job.type, key -> new Histogram()).add(job.starts - job.arrives);
        }
        queues.forEach((type, queue) -> row(text, policy.name().toLowerCase(Locale.ROOT), type, queue));
        double length = Math.max(1, last - jobs.getFirst().arrives);
        notes.append(
                String.format(
                        Locale.ROOT,
                        "%s: %.1f %% of the GPU time used, %.2f %% for jobs that had to begin again (%,d times), the"
                                + " last job ended after %.1f days%n",
                        policy.name().toLowerCase(Locale.ROOT),
                        100 * busy / (gpus * length),
                        100 * lost / (gpus * length),
                        evictions,
                        length / 86_400));
    }

    private static void traced(List<Jobs.Row> rows, StringBuilder text) {
        Map<String, Histogram> queues = new TreeMap<>();
        for (Jobs.Row row : rows) {
            if (!Double.isNaN(row.queueSeconds())) {
                queues.computeIfAbsent(row.type(), key -> new Histogram()).add(row.queueSeconds());
            }
        }
        queues.forEach((type, queue) -> row(text, "as traced", type, queue));
    }

    private static void row(StringBuilder text, String policy, String type, Histogram queue) {
        text.append(
                String.format(
                        Locale.ROOT,
                        "| %s | %s | %,d | %,.0f | %,.0f | %,.0f | %,.0f |%n",
                        policy,
                        type,
                        queue.count(),
                        queue.quantile(0.5),
                        queue.quantile(0.9),
                        queue.quantile(0.99),
                        queue.mean()));
    }

    /// Ends what ends before a time.
    private void until(double time) {
        while (!ends.isEmpty() && ends.peek().at() <= time) {
            End end = ends.poll();
            if (end.job().runs && end.job().evictions == end.evictions()) {
                release(end.job());
                busy += end.job().gpus * end.job().seconds;
                last = Math.max(last, end.at());
                start(end.at());
            }
        }
    }

    private void release(Job job) {
        job.runs = false;
        free += job.gpus;
        if (job.reserved && policy == Policy.RESERVATION) {
            reservedInUse -= job.gpus;
        } else {
            bestEffort.remove(job);
        }
    }

    private void start(double now) {
        while (!first.isEmpty()) {
            Job job = first.peek();
            // beyond its reservation pre-training waits for free GPUs as others do
            boolean mayEvict = reservedInUse + job.gpus <= reserved && job.gpus <= gpus - reservedInUse;
            while (mayEvict && job.gpus > free) {
                evict(bestEffort.peekLast(), now);
            }
            if (job.gpus > free) {
                break;
            }
            begin(first.poll(), now);
        }
        int looked = 0;
        for (Iterator<Job> waiting = line.iterator(); waiting.hasNext() && looked < LOOKED_AT && free > 0; looked++) {
            Job job = waiting.next();
            if (job.gpus <= free) {
                waiting.remove();
                begin(job, now);
            }
        }
    }

    private void evict(Job job, double now) {
        release(job);
        double ran = now - (job.ends - job.seconds);
        busy += job.gpus * ran;
        lost += job.gpus * ran;
        job.evictions++;
        evictions++;
        line.addFirst(job);
    }

    private void begin(Job job, double now) {
        job.runs = true;
        job.starts = Double.isNaN(job.starts) ? now : job.starts;
        job.ends = now + job.seconds;
        free -= job.gpus;
        if (job.reserved && policy == Policy.RESERVATION) {
            reservedInUse += job.gpus;
        } else {
            bestEffort.add(job);
        }
        ends.add(new End(job.ends, numbers++, job, job.evictions));
    }
}
