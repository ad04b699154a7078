package dev.pando.bench.grove;

import dev.pando.bench.Findings;
import dev.pando.runtime.Pando;
import dev.pando.runtime.job.JobResult;
import dev.pando.runtime.job.Submission;
import dev.pando.runtime.processes.NodeProcess;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Lets a grove grow and shrink while it trains, then restarts every node of it, and measures the longest pause between
/// two committed steps. The final hash must be that of a run in one process.
@Command(
        name = "bench/breathe",
        sortOptions = false,
        description = "One run on 1, 4, 2, 3, 4 nodes and through a rolling restart, in JSON.")
public final class BreatheBench implements Callable<Integer> {
    private static final int[] SIZES = {4, 2, 3, 4};
    private static final int STEPS_BETWEEN = 10;

    @Mixin private GroveOptions options;

    @Option(
            names = "--steps",
            defaultValue = "1000",
            description =
                    "Steps of the run, default ${DEFAULT-VALUE}; what is left after the last change is trained too.")
    private long steps;

    /// For `bench/breathe`.
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new BreatheBench()).execute(arguments));
    }

    @Override
    public Integer call() throws InterruptedException, IOException {
        Findings findings = options.findings("breathe");
        String hash;
        int redone;
        try (WatchedGrove grove = new WatchedGrove(options.settings("breathe", 1, steps), 1)) {
            grove.awaitSteps(1, STEPS_BETWEEN);
            grove.longestPause();
            for (int size : SIZES) {
                resize(grove, size);
                tell(findings, "nodes " + size, grove.longestPause(), grove);
            }
            for (NodeProcess old : grove.pando().nodes()) {
                grove.pando().startNode(1);
                grove.awaitSteps(SIZES[SIZES.length - 1] + 1, STEPS_BETWEEN);
                grove.pando().retire(old);
                grove.awaitSteps(SIZES[SIZES.length - 1], STEPS_BETWEEN);
                tell(findings, "restart of " + old.name(), grove.longestPause(), grove);
            }
            redone = grove.redone();
            hash = hash(grove.done());
        }
        String undisturbed;
        try (Pando alone = Pando.start(Submission.of(options.settings("undisturbed", 4, steps)))) {
            undisturbed = hash(alone.job().done().toCompletableFuture().join());
        }
        findings.say(
                "{\"measure\": \"breathe\", \"committed_steps_redone\": %d, \"hash\": \"%s\", \"same_as_undisturbed\":"
                        + " %b}",
                redone, hash, hash.equals(undisturbed));
        findings.write();
        return hash.equals(undisturbed) ? 0 : 1;
    }

    private static void resize(WatchedGrove grove, int size) throws InterruptedException {
        List<NodeProcess> nodes = grove.pando().nodes();
        for (int i = nodes.size(); i < size; i++) {
            grove.pando().startNode(1);
        }
        for (int i = size; i < nodes.size(); i++) {
            grove.pando().retire(nodes.get(i - size)); // the oldest first: it leads
        }
        grove.awaitSteps(size, STEPS_BETWEEN);
    }

    private static void tell(Findings findings, String change, double pause, WatchedGrove grove) {
        findings.took(pause);
        findings.say(
                "{\"change\": \"%s\", \"longest_pause_s\": %.3f, \"step_s\": %.3f, \"position\": %d}",
                change, pause, grove.usualStep(), grove.position());
    }

    private static String hash(JobResult result) {
        return switch (result) {
            case JobResult.Finished finished -> finished.hash();
            case JobResult.Stopped _, JobResult.Failed _ -> throw new IllegalStateException("the run ended: " + result);
        };
    }
}
