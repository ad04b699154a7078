package dev.pando.chaos.cli;

import dev.pando.actors.job.Stopwatch;
import dev.pando.chaos.faults.FaultScript;
import dev.pando.chaos.faults.Injector;
import dev.pando.chaos.simulation.Campaign;
import dev.pando.chaos.simulation.Chronicle;
import dev.pando.chaos.simulation.Coverage;
import dev.pando.chaos.simulation.Plans;
import dev.pando.chaos.simulation.Shrinker;
import dev.pando.chaos.simulation.Simulator;
import dev.pando.chaos.simulation.world.Plan;
import dev.pando.chaos.simulation.world.Tampering;
import dev.pando.runtime.settings.UserError;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// Finds the histories in which the actors break a rule, or shows one of them in full.
@Command(
        name = "simulate",
        description =
                "Runs many histories of the real actors on virtual time, each with its faults and its"
                        + " order of events, and judges every one. A seed always gives the same history.",
        footer = {
            "",
            "Exit code 1 if a history breaks a rule; the command that repeats it is printed.",
            "",
            "  pando chaos simulate --seeds 10000",
            "  pando chaos simulate --seeds 1 --first-seed 4711 --log",
            "  pando chaos simulate --seeds 100 --nodes 8 --faults \"kill node-2 at step 3\""
        })
final class SimulateCommand implements Callable<Integer> {
    private static final int MOST_SHOWN = 5;
    private static final double PROGRESS_SECONDS = 5;

    @Spec private CommandSpec spec;

    @Option(
            names = "--seeds",
            paramLabel = "N",
            defaultValue = "1000",
            description = "Number of seeds; ${DEFAULT-VALUE} if not given.")
    private long seeds;

    @Option(
            names = "--first-seed",
            paramLabel = "N",
            description =
                    "First seed. Without it, seeds from 1 on, and before them all below 0: written"
                            + " histories, for what happens by chance too seldom.")
    private Long firstSeed;

    @Option(
            names = "--nodes",
            paramLabel = "N",
            description = "Nodes of each simulated cluster; otherwise the seed decides.")
    private int nodes;

    @Option(names = "--steps", paramLabel = "N", description = "Steps of each job; otherwise the seed decides.")
    private long steps;

    @Option(names = "--shards", paramLabel = "N", description = "Batch shards; otherwise the seed decides.")
    private int shards;

    @Option(
            names = "--optimizer-copies",
            paramLabel = "N",
            description = "Copies of sharded optimizer state, 0: not sharded; otherwise the seed decides.")
    private Integer optimizerCopies;

    @Option(
            names = "--faults",
            paramLabel = "SCRIPT",
            description = "Faults of every history, or none; otherwise the seed decides.")
    private String faults;

    @Option(
            names = "--as-drawn",
            description =
                    "With --faults: the seed still decides whether the job is cancelled, and whether a node refuses"
                            + " it.")
    private boolean asDrawn;

    @Option(
            names = "--cores",
            paramLabel = "N",
            description = "Simulators that run at once; otherwise one for each core.")
    private int cores;

    @Option(names = "--log", description = "Prints every message that an actor handles; for one seed.")
    private boolean log;

    @Override
    public Integer call() throws InterruptedException {
        if (seeds < 1 || nodes < 0 || cores < 0 || steps < 0 || shards < 0 || copies(0) < 0) {
            throw new UserError(
                    "--seeds must be at least 1; --nodes, --steps, --shards, --optimizer-copies and --cores cannot be"
                            + " negative");
        }
        if (log && seeds > 1) {
            throw new UserError("--log shows one history: name it, as in --seeds 1 --first-seed 4711");
        }
        script().faults().stream()
                .filter(fault -> !fault.effect().kind().isInjectedBy(Injector.SIMULATE))
                .findFirst()
                .ifPresent(fault -> {
                    throw new UserError("faults: " + fault.notInjected(""));
                });
        return log ? tell() : search();
    }

    private FaultScript script() {
        return faults == null || faults.equals("none") ? FaultScript.NONE : FaultScript.parse(faults);
    }

    private Plan plan(long seed) {
        Plan drawn = Plans.draw(seed, nodes);
        FaultScript script = faults == null ? drawn.faults() : script().bind(seed, drawn.workers(), drawn.steps());
        return new Plan(
                seed,
                drawn.nodes(),
                drawn.devices(),
                shards > 0 ? shards : drawn.shards(),
                steps > 0 ? steps : drawn.steps(),
                drawn.checkpointEvery(),
                script,
                faults == null || asDrawn ? drawn.circumstances() : Plan.Circumstances.USUAL,
                copies(drawn.optimizerCopies()));
    }

    private int copies(int drawn) {
        return optimizerCopies == null ? drawn : optimizerCopies;
    }

    private int tell() {
        PrintWriter out = spec.commandLine().getOut();
        try (Simulator simulator = new Simulator()) {
            Chronicle chronicle = simulator.run(plan(firstSeed == null ? 1 : firstSeed), Tampering.NONE, true);
            out.println(chronicle.plan());
            out.println();
            chronicle.log().forEach(out::println);
            out.println();
            chronicle.history().events().forEach(out::println);
            out.println();
            out.println(chronicle.verdict());
            return chronicle.isSound() ? 0 : 1;
        }
    }

    private int search() throws InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        Stopwatch stopwatch = Stopwatch.system();
        long began = stopwatch.nanos();
        int threads = cores > 0 ? cores : Runtime.getRuntime().availableProcessors();
        long first = firstSeed == null ? withWritten() : firstSeed;
        long number = firstSeed == null ? seeds + 1 - first : seeds;
        out.println(number + " seeds from " + first + " on " + Math.min(threads, number) + " cores");
        long[] done = new long[2];
        double[] told = new double[1];
        Campaign.Summary summary =
                new Campaign(this::plan, threads)
                        .run(
                                first,
                                number,
                                chronicle -> {
                                    done[0]++;
                                    done[1] += chronicle.isSound() ? 0 : 1;
                                    double now = stopwatch.secondsSince(began);
                                    if (now - told[0] > PROGRESS_SECONDS) {
                                        told[0] = now;
                                        out.printf(
                                                Locale.ROOT,
                                                "%6.0f s  %d of %d seeds, %d broken%n",
                                                now,
                                                done[0],
                                                number,
                                                done[1]);
                                        out.flush();
                                    }
                                });
        show(summary.coverage(), out);
        out.printf(
                Locale.ROOT,
                "%d histories of %.1f hours in %.0f s; %.0f times real time a core; %d turns%n",
                summary.seeds(),
                summary.virtualNs() / 3.6e12,
                stopwatch.secondsSince(began),
                summary.timesReal(),
                summary.turns());
        if (summary.broken().isEmpty()) {
            out.println("no rule is broken");
            return 0;
        }
        show(summary);
        return 1;
    }

    /// Written histories run as they are written, unless an option decides what they decide.
    private long withWritten() {
        boolean asDrawn = faults == null && nodes == 0 && steps == 0 && shards == 0 && optimizerCopies == null;
        return asDrawn ? Plans.firstWritten() : 1;
    }

    private void show(Campaign.Summary summary) {
        PrintWriter err = spec.commandLine().getErr();
        err.println(summary.broken().size() + " of " + summary.seeds() + " seeds break a rule");
        try (Simulator simulator = new Simulator()) {
            for (Chronicle broken : summary.broken().stream().limit(MOST_SHOWN).toList()) {
                Plan small = new Shrinker(simulator, Tampering.NONE).shrink(broken.plan());
                err.println();
                err.println(broken.plan());
                err.println("  " + broken.verdict());
                err.println("  smaller: " + replay(small));
            }
        }
        err.flush();
    }

    private String replay(Plan plan) {
        return "pando chaos simulate --log --seeds 1 --first-seed "
                + plan.seed()
                + (nodes > 0 ? " --nodes " + nodes : "")
                + " --optimizer-copies "
                + plan.optimizerCopies()
                + " --steps "
                + plan.steps()
                + " --shards "
                + plan.shards()
                + " --faults \""
                + (plan.faults().faults().isEmpty() ? "none" : plan.faults())
                + "\""
                + (plan.circumstances().equals(Plan.Circumstances.USUAL) ? "" : " --as-drawn");
    }

    private static void show(Coverage coverage, PrintWriter out) {
        Map<String, Long> moves = new TreeMap<>();
        coverage.transitions()
                .forEach((transition, times) ->
                        moves.merge(
                                String.format(
                                        Locale.ROOT,
                                        "%-17s %-18s -> %s",
                                        transition.actor(),
                                        transition.from(),
                                        transition.to()),
                                times,
                                Long::sum));
        out.println();
        out.println("state transitions of the actors, and how often each was made");
        moves.forEach((move, times) -> out.printf(Locale.ROOT, "%12d  %s%n", times, move));
        out.println(
                coverage.unvisited().isEmpty()
                        ? "every state of every actor was entered"
                        : "never entered: " + String.join(", ", coverage.unvisited()));
        out.println(coverage.spoken());
        coverage.unmade().forEach(move -> out.println("  never: " + move));
        coverage.unforeseen().forEach(move -> out.println("  not foreseen: " + move));
        out.println();
        out.println("kinds of faults, and in how many histories each struck");
        coverage.kinds().forEach((kind, times) -> out.printf(Locale.ROOT, "%12d  %s%n", times, kind));
        int kinds = coverage.kinds().size();
        out.println();
        out.println(
                coverage.pairs().size()
                        + " of "
                        + kinds * (kinds - 1) / 2
                        + " pairs of these kinds struck in one history; "
                        + coverage.transitions().size()
                        + " ways from state to state by message");
        out.println();
    }
}
