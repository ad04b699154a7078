package dev.pando.bench.grove;

import dev.pando.actors.job.JobEvent;
import dev.pando.bench.Findings;
import dev.pando.bench.Spread;
import dev.pando.runtime.processes.NodeProcess;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Freezes nodes by SIGSTOP. For long: its work must soon be elsewhere. For two seconds, as a long garbage collection
/// would: the node must still be a member afterwards, as the same process, and take part again.
@Command(
        name = "bench/stall",
        sortOptions = false,
        description = "SIGSTOPs node processes of a grove, for long and for two seconds, in JSON.")
public final class StallBench implements Callable<Integer> {
    private static final int STEPS_BETWEEN = 10;
    private static final long ENDLESS = 100_000_000L;
    private static final long COLLECTION_MS = 2_000;

    @Mixin private GroveOptions options;

    @Option(names = "--nodes", defaultValue = "4", description = "Node processes, default ${DEFAULT-VALUE}.")
    private int nodes;

    @Option(names = "--times", defaultValue = "10", description = "Freezes of each kind, default ${DEFAULT-VALUE}.")
    private int times;

    /// For `bench/stall`.
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new StallBench()).execute(arguments));
    }

    @Override
    public Integer call() throws InterruptedException, IOException {
        Findings findings = options.findings("stall");
        findings.goal(1, "goal, where three steps are shorter");
        List<Double> elsewhere = new ArrayList<>();
        List<Double> steps = new ArrayList<>();
        int lost = 0;
        try (WatchedGrove grove = new WatchedGrove(options.settings("stall", nodes, ENDLESS), nodes)) {
            for (int i = 0; i < times; i++) {
                grove.awaitSteps(nodes, STEPS_BETWEEN);
                NodeProcess victim = grove.node(false, i);
                steps.add(grove.usualStep());
                long before = grove.epoch();
                long beginNs = grove.nowNs();
                WatchedGrove.signal("STOP", victim);
                WatchedGrove.Heard without =
                        grove.await(event ->
                                event instanceof JobEvent.StepCommitted committed && committed.epoch() > before);
                elsewhere.add((without.atNs() - beginNs) / 1e9);
                WatchedGrove.signal("CONT", victim);
            }
            for (int i = 0; i < times; i++) {
                grove.awaitSteps(nodes, STEPS_BETWEEN);
                NodeProcess victim = grove.node(false, i);
                WatchedGrove.signal("STOP", victim);
                TimeUnit.MILLISECONDS.sleep(COLLECTION_MS);
                WatchedGrove.signal("CONT", victim);
                grove.awaitSteps(nodes, STEPS_BETWEEN);
                boolean member =
                        grove.pando().standing().nodes().stream()
                                .anyMatch(node -> node.name().equals(victim.name()) && node.status().equals("up"));
                lost += member && victim.process().isAlive() ? 0 : 1;
            }
            elsewhere.forEach(findings::took);
            findings.say(
                    "{\"measure\": \"stall\", \"nodes\": %d, \"freezes\": %d, \"work_elsewhere_median_s\": %.3f,"
                            + " \"work_elsewhere_max_s\": %.3f, \"step_median_s\": %.3f, \"pauses_of_2_s\": %d,"
                            + " \"nodes_lost_by_them\": %d, \"committed_steps_redone\": %d}",
                    nodes,
                    times,
                    Spread.median(elsewhere.stream().mapToDouble(Double::doubleValue).toArray()),
                    elsewhere.stream().mapToDouble(Double::doubleValue).max().orElseThrow(),
                    Spread.median(steps.stream().mapToDouble(Double::doubleValue).toArray()),
                    times,
                    lost,
                    grove.redone());
        }
        findings.write();
        return 0;
    }
}
