package dev.pando.actors;

/// A job as it travels to the nodes that work on it: what the actors must know of it, and the config for the rest.
///
/// @param id unique; the name of the run
/// @param steps to commit
/// @param shards batch shards of a step
/// @param checkpointEverySteps steps between durable checkpoints; there is one more at the end
/// @param config the job's whole config as HOCON, from which any node builds the same trainer
public record JobSpec(String id, long steps, int shards, long checkpointEverySteps, String config) {
    public JobSpec {
        if (steps < 1 || shards < 1 || checkpointEverySteps < 1) {
            throw new IllegalArgumentException(
                    "job " + id + ": steps, shards and checkpoint interval must be at least 1");
        }
    }
}
