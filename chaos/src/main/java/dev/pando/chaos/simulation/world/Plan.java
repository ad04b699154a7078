package dev.pando.chaos.simulation.world;

import dev.pando.chaos.faults.Fault;
import dev.pando.chaos.faults.FaultScript;
import java.util.List;
import java.util.Locale;

/// One history to be: how large the world is, what job it runs, and what goes wrong. The seed decides everything else.
///
/// @param nodes machines, of one process each
/// @param devices of each node
/// @param shards batch shards of a step
/// @param checkpointEvery steps between checkpoints
/// @param faults with nothing left open
/// @param circumstances that are no faults
/// @param optimizerCopies of each span of the moments, on as many workers; 0: every worker holds all
public record Plan(
        long seed,
        int nodes,
        int devices,
        int shards,
        long steps,
        long checkpointEvery,
        FaultScript faults,
        Circumstances circumstances,
        int optimizerCopies) {
    /// How a job is to end.
    public enum Ending {
        COMPLETE,
        /// The job is cancelled, with a checkpoint.
        STOPPED,
        /// The job is cancelled at once.
        CANCELLED
    }

    /// What else may happen to a job.
    ///
    /// @param ending whether it is cancelled before it is complete
    /// @param endAfter number of events
    /// @param unfit machine whose devices take no part in it; below 0 where all do
    /// @param ambush a state of the supervisor in which the end is asked for, unless it is after some events, and in
    ///   which those faults of nodes strike that are to strike at a step; empty where they do not wait for any
    /// @param ambushFrom the first step at which they wait for it
    /// @param ambushPaceMs how long after it for each step of a fault's: those of step 0 strike there and then
    public record Circumstances(
            Ending ending, int endAfter, int unfit, String ambush, int ambushFrom, int ambushPaceMs) {
        public static final Circumstances USUAL = new Circumstances(Ending.COMPLETE, 0, -1, "", 0, 0);

        @Override
        public String toString() {
            String end =
                    ending == Ending.COMPLETE
                            ? ""
                            : ", " + ending.name().toLowerCase(Locale.ROOT) + " after " + endAfter + " events";
            return end
                    + (unfit < 0 ? "" : ", node-" + unfit + " refuses")
                    + (ambush.isEmpty() ? "" : ", ambushed when " + ambush)
                    + (ambushFrom == 0 ? "" : " from step " + ambushFrom + " on")
                    + (ambushPaceMs == 0 ? "" : ", a step each " + ambushPaceMs + " ms");
        }
    }

    public Plan(long seed, int nodes, int devices, int shards, long steps, long checkpointEvery, FaultScript faults) {
        this(seed, nodes, devices, shards, steps, checkpointEvery, faults, Circumstances.USUAL, 0);
    }

    public int workers() {
        return nodes * devices;
    }

    public Plan with(List<Fault> other) {
        FaultScript script = new FaultScript(other);
        return new Plan(seed, nodes, devices, shards, steps, checkpointEvery, script, circumstances, optimizerCopies);
    }

    public Plan withSteps(long other) {
        return new Plan(seed, nodes, devices, shards, other, checkpointEvery, faults, circumstances, optimizerCopies);
    }

    public Plan withShards(int other) {
        return new Plan(seed, nodes, devices, other, steps, checkpointEvery, faults, circumstances, optimizerCopies);
    }

    public Plan withOptimizerCopies(int other) {
        return new Plan(seed, nodes, devices, shards, steps, checkpointEvery, faults, circumstances, other);
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "seed %d: %d nodes of %d devices, %d shards, %d steps%s, a checkpoint every %d%s; faults: %s",
                seed,
                nodes,
                devices,
                shards,
                steps,
                circumstances,
                checkpointEvery,
                optimizerCopies == 0 ? "" : String.format(Locale.ROOT, ", moments held %d times", optimizerCopies),
                faults.faults().isEmpty() ? "none" : faults.toString());
    }
}
