package dev.pando.diagnosis.trace;

import java.util.LinkedHashMap;
import java.util.Map;

/// The figures of a trace by the names under which the paper has them.
final class Figures {
    private static final double PERCENT = 100;
    private static final int LARGE = 256;

    private Figures() {}

    static Map<String, Double> of(Jobs jobs) {
        Map<String, Double> figures = new LinkedHashMap<>();
        Jobs.Group all = jobs.all;
        figures.put("GPU jobs", (double) all.jobs);
        figures.put("CPU jobs", (double) jobs.cpuJobs());
        figures.put("GPU hours", all.gpuSeconds / 3600);
        figures.put("days", jobs.days());
        figures.put("duration, median s", all.duration.quantile(0.5));
        figures.put("duration, mean s", all.duration.mean());
        figures.put("duration, 99 % s", all.duration.quantile(0.99));
        figures.put("queue, median s", all.queue.quantile(0.5));
        figures.put("queue, mean s", all.queue.mean());
        figures.put("queue, 95 % s", all.queue.quantile(0.95));
        figures.put("GPUs a job, mean", all.gpus.mean());
        figures.put("largest job, GPUs", all.gpus.count() == 0 ? Double.NaN : all.gpus.largest());
        for (String state : new String[] {"completed", "cancelled", "failed", "preempted"}) {
            figures.put("jobs " + state + ", %", PERCENT * jobsIn(all, state) / all.jobs);
            figures.put("GPU time " + state + ", %", PERCENT * gpuSecondsIn(all, state) / all.gpuSeconds);
        }
        share(figures, jobs, "Pretrain", "pretraining");
        share(figures, jobs, "Eval", "evaluation");
        double large = 0;
        for (int i = 0; i < Jobs.GPUS.length; i++) {
            large += Jobs.GPUS[i] >= LARGE && (i == 0 || Jobs.GPUS[i - 1] >= LARGE / 2) ? all.gpuSecondsBySize[i] : 0;
        }
        figures.put("jobs of more than 128 GPUs, % of GPU time", PERCENT * large / all.gpuSeconds);
        figures.put("jobs of one GPU, % of jobs", PERCENT * all.jobsBySize[0] / all.jobs);
        figures.put("jobs of one GPU, % of GPU time", PERCENT * all.gpuSecondsBySize[0] / all.gpuSeconds);
        figures.put("arrivals, deviation of gaps over their mean", jobs.burstiness());
        figures.put("arrivals in the second of the one before, %", PERCENT * jobs.together());
        figures.put("jobs of the five busiest users, %", PERCENT * jobs.topFive());
        figures.values().removeIf(value -> value.isNaN() || value.isInfinite());
        return figures;
    }

    private static void share(Map<String, Double> figures, Jobs jobs, String type, String name) {
        Jobs.Group group = jobs.byType.get(type);
        if (group != null) {
            figures.put(name + ", % of jobs", PERCENT * group.jobs / jobs.all.jobs);
            figures.put(name + ", % of GPU time", PERCENT * group.gpuSeconds / jobs.all.gpuSeconds);
        }
    }

    private static double jobsIn(Jobs.Group group, String state) {
        return group.jobsByState.containsKey("UNKNOWN")
                ? Double.NaN
                : group.jobsByState.entrySet().stream()
                        .filter(entry -> isState(entry.getKey(), state))
                        .mapToLong(Map.Entry::getValue)
                        .sum();
    }

    private static double gpuSecondsIn(Jobs.Group group, String state) {
        return group.gpuSecondsByState.containsKey("UNKNOWN")
                ? Double.NaN
                : group.gpuSecondsByState.entrySet().stream()
                        .filter(entry -> isState(entry.getKey(), state))
                        .mapToDouble(Map.Entry::getValue)
                        .sum();
    }

    /// The words of the other traces for the same.
    private static boolean isState(String word, String state) {
        return switch (state) {
            case "completed" ->
                    word.equals("COMPLETED")
                            || word.equals("PASS")
                            || word.equals("TERMINATED")
                            || word.equals("SUCCEEDED");
            case "cancelled" -> word.startsWith("CANCEL") || word.equals("KILLED");
            case "failed" -> word.startsWith("FAIL") || word.equals("NODE_FAIL") || word.equals("TIMEOUT");
            default -> word.equals("PREEMPTED");
        };
    }
}
