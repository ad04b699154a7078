package dev.pando.chaos.simulation.planted;

import dev.pando.chaos.simulation.Plans;
import dev.pando.chaos.simulation.Simulator;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Locale;

/// Prints which seed finds which planted bug, and in what time: the proof that the simulation would notice.
public final class PlantedBugs {
    /// @param rule that was broken; empty if the bug was not found
    record Finding(String bug, String seed, String rule, double cpuSeconds) {
        boolean isFound() {
            return !rule.isEmpty();
        }
    }

    /// Hunts in a class loader with a bug in it; nothing but strings and numbers can be told across.
    public interface Hunter {
        /// @return the first seed that breaks a rule, and the rule; or nothing if none of these does
        String hunt(String bug, long first, long last);
    }

    static final long SEEDS = 3_000;

    private PlantedBugs() {}

    /// @param arguments parts of the names of those to look for; all are looked for without any
    public static void main(String[] arguments) {
        System.exit(hunt(List.of(arguments), System.out) == 0 ? 0 : 1);
    }

    /// @param names parts of their names; nothing for all of them
    /// @return how many were not found
    static int hunt(List<String> names, PrintStream out) {
        out.printf(Locale.ROOT, "| bug | seed | CPU seconds | rule that was broken |%n| --- | --- | --- | --- |%n");
        List<Bugs.Bug> bugs =
                Bugs.all().stream()
                        .filter(bug -> names.isEmpty() || names.stream().anyMatch(bug.name()::contains))
                        .toList();
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

    /// A seed that breaks a rule without any bug says nothing of one.
    private static boolean isSoundWithout(long seed) {
        ClassLoader patched = Thread.currentThread().getContextClassLoader();
        Thread.currentThread().setContextClassLoader(PlantedBugs.class.getClassLoader());
        try (Simulator simulator = new Simulator()) {
            return simulator.run(Plans.draw(seed, 0)).isSound();
        } finally {
            Thread.currentThread().setContextClassLoader(patched);
        }
    }

    /// @return the first seed that breaks a rule with the bug and none without it, and the rule; or less
    private static String[] hunt(Hunter hunter, Bugs.Bug bug, long first, long last) {
        String[] answer = hunter.hunt(bug.name(), first, last).split("\t", -1);
        while (answer.length == 2 && !isSoundWithout(Long.parseLong(answer[0]))) {
            answer = hunter.hunt(bug.name(), Long.parseLong(answer[0]) + 1, last).split("\t", -1);
        }
        return answer;
    }

    /// @param seeds that are looked at, and then the histories that are written
    static Finding find(Bugs.Bug bug, long seeds) {
        long beganNs = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        PatchedLoader loader = new PatchedLoader(bug.patches());
        ClassLoader before = Thread.currentThread().getContextClassLoader();
        Thread.currentThread().setContextClassLoader(loader); // where Pekko looks for what its config names
        try {
            Hunter hunter = (Hunter) loader.loadClass(Hunt.class.getName()).getConstructor().newInstance();
            String[] answer = hunt(hunter, bug, 1, seeds);
            if (answer.length < 2) {
                answer = hunt(hunter, bug, Plans.firstWritten(), -1);
            }
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
