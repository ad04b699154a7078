package dev.pando.diagnosis.trace;

import dev.pando.diagnosis.DiagnosisException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// Turns failures into faults in the language of `./pando chaos`: those of a trace's jobs, or those of a table of
/// reasons with their counts, as table 3 of Acme (Hu et al., NSDI'24) is.
///
/// @param faults one a line
/// @param failures that there were, before some were left out
/// @param story what was done, in a sentence
public record FaultSchedule(List<String> faults, int failures, String story) {
    /// GPU hours of pre-training in both of Acme's clusters, over which table 3 counts.
    private static final double GPU_HOURS = 5.32e6;

    /// Minutes after which a reason that is not the infrastructure's strikes running jobs; sooner, it ends a job's
    /// start.
    private static final double RUNNING_MINUTES = 60;

    private static final Map<String, String> KINDS =
            new TreeMap<>(
                    Map.ofEntries(
                            Map.entry("NVLinkError", "device error xid 74"),
                            Map.entry("CUDAError", "device error illegal address"),
                            Map.entry("NodeFailure", "kill"),
                            Map.entry("ECCError", "device error ecc"),
                            Map.entry("NetworkError", "drop"),
                            Map.entry("ConnectionError", "delay 50ms"),
                            Map.entry("S3StorageError", "store down"),
                            Map.entry("NCCLTimeoutError", "hang"),
                            Map.entry("NCCLRemoteError", "kill"),
                            Map.entry("DataloaderKilled", "kill"),
                            Map.entry("OutOfMemoryError", "out of memory"),
                            Map.entry("FAILED", "throw"),
                            Map.entry("NODE_FAIL", "kill"),
                            Map.entry("TIMEOUT", "hang"),
                            Map.entry("PREEMPTED", "kill")));

    /// The run that the faults are for.
    ///
    /// @param workers it has
    /// @param steps it takes; faults strike from step 1 on, one a step at most
    /// @param seed decides which worker each strikes, and of a table when and which
    /// @param leastGpus of a trace: jobs with fewer are left out
    /// @param gpus of a table: size of the job that is imitated
    /// @param hours of a table: how long that job runs
    public record Run(int workers, long steps, long seed, int leastGpus, int gpus, double hours) {
        public Run {
            if (workers < 1 || steps < 2 || gpus < 1 || !(hours > 0)) {
                throw new DiagnosisException("a replay needs a worker, two steps, a GPU and hours above 0");
            }
        }
    }

    /// One failure, between 0, the start, and 1, the end.
    private record Failure(double at, String kind) {}

    public FaultSchedule {
        faults = List.copyOf(faults);
    }

    /// The faults of one file: a trace of jobs, or a table with the columns `reason` and `num`.
    public static FaultSchedule of(Path file, Run run) {
        try (Csv csv = new Csv(file)) {
            if (csv.has("reason", "num")) {
                return ofTable(csv, run);
            }
            Shape shape =
                    Shape.of(file, csv)
                            .orElseThrow(() ->
                                    new DiagnosisException(
                                            file
                                                    + " holds neither jobs (columns gpu_num and duration) nor failures"
                                                    + " (columns reason and num)"));
            return ofJobs(file, csv, shape, run);
        }
    }

    private static FaultSchedule ofJobs(Path file, Csv csv, Shape shape, Run run) {
        List<Failure> failures = new ArrayList<>();
        double first = Double.POSITIVE_INFINITY;
        double last = Double.NEGATIVE_INFINITY;
        while (csv.next()) {
            Jobs.Row row = shape.row();
            double end = row.submitted() + zero(row.queueSeconds()) + zero(row.seconds());
            if (row.gpus() < Math.max(1, run.leastGpus()) || Double.isNaN(end)) {
                continue;
            }
            first = Math.min(first, row.submitted());
            last = Math.max(last, end);
            if (KINDS.containsKey(row.state())) {
                failures.add(new Failure(end, KINDS.get(row.state())));
            }
        }
        if (failures.isEmpty()) {
            throw new DiagnosisException(
                    file
                            + ": no job of "
                            + Math.max(1, run.leastGpus())
                            + " or more GPUs has a time and a state of failure (FAILED, NODE_FAIL, TIMEOUT, PREEMPTED)"
                            + (shape.lacks().isEmpty() ? "" : "; the trace has no " + shape.lacks()));
        }
        double start = first;
        double length = Math.max(1, last - first);
        return schedule(
                failures.stream().map(one -> new Failure((one.at() - start) / length, one.kind())).toList(),
                run,
                String.format(Locale.ROOT, "failed jobs of %.1f days", length / 86_400));
    }

    private static FaultSchedule ofTable(Csv csv, Run run) {
        int reason = csv.column("reason");
        int count = csv.column("num");
        int category = csv.column("category");
        int minutes = csv.column("ttf_avg_min");
        Map<String, Double> rates = new TreeMap<>();
        while (csv.next()) {
            boolean running =
                    csv.text(category).startsWith("Infra")
                            || csv.text(category).startsWith("Frame") && csv.number(minutes) >= RUNNING_MINUTES;
            if (running && csv.number(count) > 0) {
                rates.put(csv.text(reason), csv.number(count) / GPU_HOURS);
            }
        }
        double all = rates.values().stream().mapToDouble(Double::doubleValue).sum();
        if (all == 0) {
            throw new DiagnosisException("the table names no reason that strikes running jobs");
        }
        List<Failure> failures = new ArrayList<>();
        double at = 0;
        for (long i = 0; ; i++) {
            at -= StrictMath.log(1 - uniform(run.seed(), i, 0)) / (all * run.gpus());
            if (at >= run.hours()) {
                break;
            }
            failures.add(new Failure(at / run.hours(), kind(rates, uniform(run.seed(), i, 1) * all)));
        }
        return schedule(
                failures,
                run,
                String.format(Locale.ROOT, "failures of %d GPUs in %.0f hours", run.gpus(), run.hours()));
    }

    private static String kind(Map<String, Double> rates, double drawn) {
        double left = drawn;
        String last = "";
        for (Map.Entry<String, Double> entry : rates.entrySet()) {
            last = entry.getKey();
            left -= entry.getValue();
            if (left < 0) {
                break;
            }
        }
        return Optional.ofNullable(KINDS.get(last)).orElse("throw");
    }

    /// Puts failures on steps in their order, one a step; those that a step lacks for are left out.
    private static FaultSchedule schedule(List<Failure> failures, Run run, String what) {
        List<Failure> ordered = failures.stream().sorted(Comparator.comparingDouble(Failure::at)).toList();
        List<String> faults = new ArrayList<>();
        long free = 1;
        for (int i = 0; i < ordered.size(); i++) {
            long step = Math.max(free, 1 + (long) (ordered.get(i).at() * (run.steps() - 1)));
            if (step >= run.steps()) {
                break;
            }
            String kind = ordered.get(i).kind();
            long worker = (long) (uniform(run.seed(), i, 2) * run.workers());
            faults.add(kind + (kind.startsWith("store") ? "" : " worker-" + worker) + " at step " + step);
            free = step + 1;
        }
        int left = ordered.size() - faults.size();
        return new FaultSchedule(
                faults,
                ordered.size(),
                faults.size()
                        + " faults in "
                        + run.steps()
                        + " steps: "
                        + what
                        + (left > 0 ? "; " + left + " more found no step, raise --steps or --least-gpus" : ""));
    }

    private static double zero(double value) {
        return Double.isNaN(value) ? 0 : value;
    }

    /// A number from 0 to 1 that three others decide (SplitMix64).
    private static double uniform(long seed, long index, long site) {
        long z = seed + 0x9E3779B97F4A7C15L * (1 + index * 4 + site);
        z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
        z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
        return ((z ^ z >>> 31) >>> 11) * 0x1.0p-53;
    }
}
