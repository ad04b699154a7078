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
/// @param ending whether somebody ends the job in the middle
public record Plan(
        long seed,
        int nodes,
        int devices,
        int shards,
        long steps,
        long checkpointEvery,
        FaultScript faults,
        Ending ending) {
    /// How a job is to end.
    public enum Ending {
        COMPLETE,
        /// Somebody asks for its end, with a checkpoint.
        STOPPED,
        /// Somebody asks for its end at once.
        CANCELLED
    }

    public Plan(long seed, int nodes, int devices, int shards, long steps, long checkpointEvery, FaultScript faults) {
        this(seed, nodes, devices, shards, steps, checkpointEvery, faults, Ending.COMPLETE);
    }

    public int workers() {
        return nodes * devices;
    }

    public Plan with(List<Fault> other) {
        return new Plan(seed, nodes, devices, shards, steps, checkpointEvery, new FaultScript(other), ending);
    }

    public Plan withSteps(long other) {
        return new Plan(seed, nodes, devices, shards, other, checkpointEvery, faults, ending);
    }

    public Plan withShards(int other) {
        return new Plan(seed, nodes, devices, other, steps, checkpointEvery, faults, ending);
    }

    @Override
    public String toString() {
        return "seed %d: %d nodes of %d devices, %d shards, %d steps%s, a checkpoint every %d; faults: %s"
                .formatted(
                        seed,
                        nodes,
                        devices,
                        shards,
                        steps,
                        ending == Ending.COMPLETE ? "" : " and " + ending.name().toLowerCase(Locale.ROOT),
                        checkpointEvery,
                        faults.faults().isEmpty() ? "none" : faults.toString());
    }
}
