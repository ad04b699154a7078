package dev.pando.actors;

/// A job as it travels to the nodes that work on it: what the actors must know of it, and the config for the rest.
///
/// @param id unique; the name of the run
/// @param steps to commit
/// @param shards batch shards of a step
/// @param workers that the job waits for before its first step; more or fewer may take part later
/// @param checkpointEverySteps steps between durable checkpoints; there is one more at the end
/// @param config the job's whole config as HOCON, from which any node builds the same trainer
/// @param data names the tokens that the job trains on, whatever becomes of the text that they were made from; empty
///   where the trainer makes its own
public record JobSpec(
        String id, long steps, int shards, int workers, long checkpointEverySteps, String config, String data) {
    public JobSpec {
        if (steps < 1 || shards < 1 || workers < 1 || checkpointEverySteps < 1) {
            throw new IllegalArgumentException(
                    "job " + id + ": steps, shards, workers and checkpoint interval must be at least 1");
        }
    }

    public JobSpec(String id, long steps, int shards, int workers, long checkpointEverySteps, String config) {
        this(id, steps, shards, workers, checkpointEverySteps, config, "");
    }
}
