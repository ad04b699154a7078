package dev.pando.diagnosis.trace;

import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/// What the paper of the trace says (Hu et al., "Characterization of Large Language Model Development in the
/// Datacenter", NSDI'24, sections 3 and 4, and the summary table that its authors released), to be put beside what a
/// trace shows.
final class Paper {
    /// Beyond it a figure of ours and the paper's are called apart.
    static final double APART = 0.1;

    private static final Map<String, double[]> FIGURES =
            Map.ofEntries(
                    Map.entry("duration, median s", of(122, 124)),
                    Map.entry("duration, mean s", of(1414.3, 1259.7)),
                    Map.entry("queue, median s", of(1, 17)),
                    Map.entry("queue, mean s", of(446, 214.2)),
                    Map.entry("GPUs a job, mean", of(5.68, 26.77)),
                    Map.entry("largest job, GPUs", of(1024, 1024)),
                    Map.entry("jobs completed, %", of(49.7, 54.1)),
                    Map.entry("jobs cancelled, %", of(7.5, 6.2)),
                    Map.entry("jobs failed, %", of(42.9, 39.7)),
                    Map.entry("GPU time completed, %", of(21.2, 31.3)),
                    Map.entry("GPU time cancelled, %", of(66.4, 60.7)),
                    Map.entry("GPU time failed, %", of(12.4, 8.0)),
                    Map.entry("pretraining, % of jobs", of(0.9, 3.2)),
                    Map.entry("pretraining, % of GPU time", of(69.5, 94.0)),
                    Map.entry("evaluation, % of GPU time", of(Double.NaN, 0.8)),
                    Map.entry("evaluation, % of jobs", of(64.9, 92.9)),
                    Map.entry("jobs of 256 GPUs or more, % of GPU time", of(Double.NaN, 96.0)),
                    Map.entry("GPU utilisation, median %", of(97, 99)),
                    Map.entry("SM activity, median %", of(40, 40)));

    /// What is known to differ, and why, so that a reader need not search.
    static final List<String> NOTES =
            List.of(
                    "The paper and its summary table count 663,813 GPU jobs in Seren, the released CSV 450,590: state"
                            + " shares of the two differ.",
                    "The released Kalos CSV spans three months, not six; its duration is counted from the submission,"
                            + " and is corrected here.",
                    "The README names no state PREEMPTED; in Seren some 10 % of GPU jobs have it.",
                    "Table 3's causes cannot be joined to jobs: the CSVs have no cause, no node list and no retries.",
                    "Median GPU utilisation: 97 and 99 % in the paper, 99 and 98 % in the released quantiles: perhaps"
                            + " exchanged.");

    private Paper() {}

    /// The paper's figure of that name for a cluster.
    static OptionalDouble figure(String cluster, String name) {
        double[] both = FIGURES.get(name);
        double value =
                both == null
                        ? Double.NaN
                        : switch (cluster) {
                            case "Seren" -> both[0];
                            case "Kalos" -> both[1];
                            default -> Double.NaN;
                        };
        return Double.isNaN(value) ? OptionalDouble.empty() : OptionalDouble.of(value);
    }

    private static double[] of(double seren, double kalos) {
        return new double[] {seren, kalos};
    }
}
