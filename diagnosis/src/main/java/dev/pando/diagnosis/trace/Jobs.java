package dev.pando.diagnosis.trace;

import java.util.Map;
import java.util.TreeMap;

/// What a trace's jobs add up to, for all and for each type: sizes, durations, queues, states, GPU time, arrivals.
///
/// Rows go in one by one and nothing of them is kept, so that a trace of any length takes the same memory.
final class Jobs {
    private static final int TYPES = 64;
    private static final int USERS = 200_000;

    /// Upper ends of the buckets of GPU counts.
    static final int[] GPUS = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, Integer.MAX_VALUE};

    /// One type's numbers.
    static final class Group {
        final Histogram duration = new Histogram();
        final Histogram queue = new Histogram();
        final Histogram gpus = new Histogram();
        final long[] jobsBySize = new long[GPUS.length];
        final double[] gpuSecondsBySize = new double[GPUS.length];
        final Map<String, Long> jobsByState = new TreeMap<>();
        final Map<String, Double> gpuSecondsByState = new TreeMap<>();
        long jobs;
        double gpuSeconds;

        void add(Row row) {
            jobs++;
            duration.add(row.seconds());
            queue.add(row.queueSeconds());
            gpus.add(row.gpus());
            double gpuSeconds = Double.isNaN(row.seconds()) ? 0 : row.seconds() * row.gpus();
            this.gpuSeconds += gpuSeconds;
            int size = size(row.gpus());
            jobsBySize[size]++;
            gpuSecondsBySize[size] += gpuSeconds;
            jobsByState.merge(row.state(), 1L, Long::sum);
            gpuSecondsByState.merge(row.state(), gpuSeconds, Double::sum);
        }
    }

    /// One job.
    ///
    /// @param type its kind, `all` where the trace has none
    /// @param state how it ended
    /// @param user by name
    /// @param gpus it held; 0 for a job of CPUs alone
    /// @param seconds it ran, without its queue; NaN where the trace does not say
    /// @param queueSeconds it waited, or NaN
    /// @param submitted in seconds of any epoch, or NaN
    record Row(
            String type,
            String state,
            String user,
            double gpus,
            double seconds,
            double queueSeconds,
            double submitted) {}

    final Group all = new Group();
    final Map<String, Group> byType = new TreeMap<>();
    final Map<String, Long> byUser = new TreeMap<>();
    final long[] byHour = new long[24];
    private long cpuJobs;
    private double earliest = Double.MAX_VALUE;
    private double latest = -Double.MAX_VALUE;
    private double lastSubmitted = Double.NaN;
    private long gaps;
    private double gapSum;
    private double gapSquares;
    private long atTheSameSecond;

    void add(Row row) {
        if (row.gpus() <= 0) {
            cpuJobs++;
            return;
        }
        all.add(row);
        String type = byType.containsKey(row.type()) || byType.size() < TYPES ? row.type() : "other types";
        byType.computeIfAbsent(type, key -> new Group()).add(row);
        if (byUser.containsKey(row.user()) || byUser.size() < USERS) {
            byUser.merge(row.user(), 1L, Long::sum);
        }
        arrive(row.submitted());
    }

    private void arrive(double submitted) {
        if (Double.isNaN(submitted)) {
            return;
        }
        earliest = Math.min(earliest, submitted);
        latest = Math.max(latest, submitted);
        byHour[(int) Math.floorMod((long) submitted / 3600, 24L)]++;
        if (!Double.isNaN(lastSubmitted) && submitted >= lastSubmitted) {
            double gap = submitted - lastSubmitted;
            gaps++;
            gapSum += gap;
            gapSquares += gap * gap;
            atTheSameSecond += gap < 1 ? 1 : 0;
        }
        lastSubmitted = submitted;
    }

    static int size(double gpus) {
        int at = 0;
        while (gpus > GPUS[at]) {
            at++;
        }
        return at;
    }

    /// Jobs without a GPU.
    long cpuJobs() {
        return cpuJobs;
    }

    /// Days between the first job and the last, or NaN.
    double days() {
        return latest < earliest ? Double.NaN : (latest - earliest) / 86_400;
    }

    /// Standard deviation of the gaps between arrivals over their mean: 1 if jobs came as a Poisson process does.
    double burstiness() {
        double mean = gapSum / gaps;
        return gaps == 0 || mean == 0
                ? Double.NaN
                : StrictMath.sqrt(Math.max(0, gapSquares / gaps - mean * mean)) / mean;
    }

    /// Share of jobs that came in the same second as the one before.
    double together() {
        return gaps == 0 ? Double.NaN : (double) atTheSameSecond / gaps;
    }

    /// Share of jobs of the five users who have most.
    double topFive() {
        long most =
                byUser.values().stream().sorted((a, b) -> Long.compare(b, a)).limit(5).mapToLong(Long::longValue).sum();
        return byUser.size() < 2 ? Double.NaN : (double) most / all.jobs;
    }
}
