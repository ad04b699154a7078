package dev.pando.chaos.simulation.world;

import dev.pando.chaos.faults.Fault;
import dev.pando.chaos.faults.FaultScript;
import java.util.List;

/// One history to be: how large the world is, what job it runs, and what goes wrong. The seed decides everything else.
///
/// @param nodes machines, of one process each
/// @param devices of each node
/// @param shards batch shards of a step
/// @param checkpointEvery steps between checkpoints
/// @param faults with nothing left open
public record Plan(
        long seed, int nodes, int devices, int shards, long steps, long checkpointEvery, FaultScript faults) {
    public int workers() {
        return nodes * devices;
    }

    public Plan with(List<Fault> other) {
        return new Plan(seed, nodes, devices, shards, steps, checkpointEvery, new FaultScript(other));
    }

    public Plan withSteps(long other) {
        return new Plan(seed, nodes, devices, shards, other, checkpointEvery, faults);
    }

    public Plan withShards(int other) {
        return new Plan(seed, nodes, devices, other, steps, checkpointEvery, faults);
    }

    @Override
    public String toString() {
        return "seed %d: %d nodes of %d devices, %d shards, %d steps, a checkpoint every %d; faults: %s"
                .formatted(
                        seed,
                        nodes,
                        devices,
                        shards,
                        steps,
                        checkpointEvery,
                        faults.faults().isEmpty() ? "none" : faults.toString());
    }
}
