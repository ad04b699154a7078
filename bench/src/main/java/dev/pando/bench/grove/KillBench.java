package dev.pando.bench.grove;

import dev.pando.actors.job.JobEvent;
import dev.pando.bench.Findings;
import dev.pando.bench.Spread;
import dev.pando.runtime.processes.NodeProcess;
import java.io.BufferedReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Kills one node process after the other while a job trains on them, and measures how long nothing is committed.
///
/// A kill's pause is the time from the signal to the first step that is committed in a newer epoch, so without the
/// victim, less the usual length of a step; a step that was all but done when the signal came does not count.
@Command(
        name = "bench/kill",
        sortOptions = false,
        description = "SIGKILLs node processes of a grove and tells the time to the next committed step, in JSON.")
public final class KillBench implements Callable<Integer> {
    private static final int STEPS_BETWEEN = 10;
    private static final long ENDLESS = 100_000_000L;

    private record Kill(String node, double pause, double evidence, double step, boolean survivorsStayed) {}

    @Mixin private GroveOptions options;

    @Option(names = "--nodes", defaultValue = "4", description = "Node processes, default ${DEFAULT-VALUE}.")
    private int nodes;

    @Option(names = "--kills", defaultValue = "200", description = "How many, default ${DEFAULT-VALUE}.")
    private int kills;

    @Option(names = "--leader", description = "Aims at the node that leads the job; without, at one that does not.")
    private boolean leader;

    @Option(names = "--seed", defaultValue = "1", description = "Picks the victims, default ${DEFAULT-VALUE}.")
    private long seed;

    @Option(
            names = "--peer",
            paramLabel = "COMMAND",
            description = "Runs this afterwards, and keeps the JSON lines that it prints, as of torchrun.")
    private String peer;

    /// For `bench/kill`.
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new KillBench()).execute(arguments));
    }

    @Override
    public Integer call() throws InterruptedException, IOException {
        Random dice = new Random(seed);
        Findings findings = options.findings(leader ? "kill-leader" : "kill");
        findings.goal(leader ? 1 : 0.25, "goal of the median");
        List<Kill> all = new ArrayList<>();
        try (WatchedGrove grove = new WatchedGrove(options.settings("kill", nodes, ENDLESS), nodes)) {
            for (int i = 0; i < kills; i++) {
                grove.awaitSteps(nodes, STEPS_BETWEEN);
                Kill kill = kill(grove, grove.node(leader, dice.nextInt(1024)));
                all.add(kill);
                findings.took(kill.pause());
                findings.say(
                        "{\"kill\": %d, \"node\": \"%s\", \"pause_s\": %.3f, \"evidence_s\": %.3f, \"step_s\": %.3f}",
                        i, kill.node(), kill.pause(), kill.evidence(), kill.step());
            }
            tell(findings, all, grove.redone());
        }
        runPeer(findings);
        findings.write();
        return 0;
    }

    private static Kill kill(WatchedGrove grove, NodeProcess victim) throws InterruptedException, IOException {
        Set<Long> survivors = pids(grove, victim);
        double step = grove.usualStep();
        long before = grove.epoch();
        long beginNs = grove.nowNs();
        WatchedGrove.signal("KILL", victim);
        double evidence = Double.NaN;
        while (true) {
            WatchedGrove.Heard heard = grove.next();
            double seconds = (heard.atNs() - beginNs) / 1e9;
            switch (heard.event()) {
                case JobEvent.WorkerLost _ -> evidence = Double.isNaN(evidence) ? seconds : evidence;
                case JobEvent.StepCommitted committed when committed.epoch() > before -> {
                    boolean stayed = pids(grove, victim).containsAll(survivors);
                    return new Kill(victim.name(), Math.max(0, seconds - step), evidence, step, stayed);
                }
                default -> {}
            }
        }
    }

    private static Set<Long> pids(WatchedGrove grove, NodeProcess but) {
        Set<Long> pids = new HashSet<>();
        grove.pando().nodes().stream()
                .filter(node -> !node.equals(but))
                .forEach(node -> pids.add(node.process().pid()));
        return pids;
    }

    private void runPeer(Findings findings) throws IOException, InterruptedException {
        if (peer == null) {
            return;
        }
        Process process =
                new ProcessBuilder("/bin/sh", "-c", peer).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        try (BufferedReader said = process.inputReader()) {
            said.lines().filter(line -> line.startsWith("{")).forEach(findings::quote);
        }
        if (process.waitFor() != 0) {
            throw new IllegalStateException(peer + " ended with " + process.exitValue());
        }
    }

    private void tell(Findings findings, List<Kill> all, int redone) {
        double[] pauses = all.stream().mapToDouble(Kill::pause).sorted().toArray();
        findings.say(
                "{\"measure\": \"kill\", \"victim\": \"%s\", \"nodes\": %d, \"kills\": %d, \"pause_median_s\": %.3f,"
                        + " \"pause_p99_s\": %.3f, \"pause_max_s\": %.3f, \"evidence_median_s\": %.3f, \"step_median_s\":"
                        + " %.3f, \"committed_steps_redone\": %d, \"survivors_kept_their_pids\": %b}",
                leader ? "leader" : "worker",
                nodes,
                all.size(),
                Spread.median(pauses),
                pauses[Math.min(pauses.length - 1, (int) Math.ceil(0.99 * pauses.length) - 1)],
                Arrays.stream(pauses).max().orElseThrow(),
                Spread.median(all.stream().mapToDouble(Kill::evidence).toArray()),
                Spread.median(all.stream().mapToDouble(Kill::step).toArray()),
                redone,
                all.stream().allMatch(Kill::survivorsStayed));
    }
}
