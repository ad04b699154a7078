package dev.pando.chaos.simulation.planted;

import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Locale;
import java.util.function.BiFunction;

/// Prints which seed finds which planted bug, and in what time: the proof that the simulation would notice.
public final class PlantedBugs {
    /// @param rule that was broken; empty if the bug was not found
    record Finding(String bug, String seed, String rule, double cpuSeconds) {
        boolean isFound() {
            return !rule.isEmpty();
        }
    }

    static final long SEEDS = 3_000;

    private PlantedBugs() {}

    public static void main(String[] arguments) {
        System.exit(huntAll(System.out) == 0 ? 0 : 1);
    }

    /// @return how many were not found
    static int huntAll(PrintStream out) {
        out.printf(Locale.ROOT, "| bug | seed | CPU seconds | rule that was broken |%n| --- | --- | --- | --- |%n");
        List<Bugs.Bug> bugs = Bugs.all();
        int missed = 0;
        for (Bugs.Bug bug : bugs) {
            Finding finding = find(bug, SEEDS);
            missed += finding.isFound() ? 0 : 1;
            out.printf(
                    Locale.ROOT,
                    "| %s | %s | %.1f | %s |%n",
                    finding.bug(),
                    finding.seed(),
                    finding.cpuSeconds(),
                    finding.rule());
        }
        out.printf(Locale.ROOT, "%n%d of %d bugs are found%n", bugs.size() - missed, bugs.size());
        return missed;
    }

    static Finding find(Bugs.Bug bug, long seeds) {
        long beganNs = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        PatchedLoader loader = new PatchedLoader(bug.patches());
        ClassLoader before = Thread.currentThread().getContextClassLoader();
        Thread.currentThread().setContextClassLoader(loader); // where Pekko looks for what its config names
        try {
            @SuppressWarnings("unchecked")
            BiFunction<String, Long, String> hunt =
                    (BiFunction<String, Long, String>)
                            loader.loadClass(Hunt.class.getName()).getConstructor().newInstance();
            String[] answer = hunt.apply(bug.name(), seeds).split("\t", -1);
            if (!loader.idle().isEmpty()) {
                throw new IllegalStateException(
                        "\"" + bug.name() + "\" is planted where nothing grows: " + loader.idle());
            }
            double seconds = (ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - beganNs) / 1e9;
            return answer.length < 2
                    ? new Finding(bug.name(), "none of " + seeds, "", seconds)
                    : new Finding(bug.name(), answer[0], answer[1], seconds);
        } catch (ReflectiveOperationException impossible) {
            throw new IllegalStateException(impossible);
        } finally {
            Thread.currentThread().setContextClassLoader(before);
        }
    }
}
