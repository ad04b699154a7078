package dev.pando.actors.job;

import dev.pando.training.step.SkipRule;

/// A job as it travels to the nodes that work on it: what the actors must know of it, and the config for the rest.
///
/// @param id unique; the name of the run
/// @param steps to commit
/// @param shards batch shards of a step
/// @param workers that the job waits for before its first step; more or fewer may take part later
/// @param checkpointEverySteps steps between durable checkpoints; 0: by what they cost and how often workers are lost;
///   there is one more at the end
/// @param secondsBetweenFailures what is expected until a failure was seen
/// @param config the job's whole config as HOCON, from which any node builds the same trainer
/// @param data names the tokens that the job trains on, whatever becomes of the text that they were made from; empty
///   where the trainer makes its own
/// @param device the kind that it computes on: others would give other bits, and take no part; empty where any will do
/// @param skip which steps are skipped, and how many
/// @param optimizerCopies of every span of the optimizer state, on as many workers; 0 where each holds the whole
public record JobSpec(
        String id,
        long steps,
        int shards,
        int workers,
        long checkpointEverySteps,
        double secondsBetweenFailures,
        String config,
        String data,
        String device,
        SkipRule skip,
        int optimizerCopies) {
    private static final double HOUR_S = 3600;

    public JobSpec {
        if (optimizerCopies < 0) {
            throw new IllegalArgumentException("job " + id + ": copies of the optimizer state must be at least 0");
        }
        if (steps < 1 || shards < 1 || workers < 1 || checkpointEverySteps < 0 || !(secondsBetweenFailures > 0)) {
            throw new IllegalArgumentException(
                    "job "
                            + id
                            + ": steps, shards and workers must be at least 1, the checkpoint interval at least 0, the"
                            + " time between failures above 0");
        }
    }

    public JobSpec(String id, long steps, int shards, int workers, long checkpointEverySteps, String config) {
        this(id, steps, shards, workers, checkpointEverySteps, HOUR_S, config, "", "", SkipRule.DEFAULT, 0);
    }

    public JobSpec skipping(SkipRule other) {
        return new JobSpec(
                id,
                steps,
                shards,
                workers,
                checkpointEverySteps,
                secondsBetweenFailures,
                config,
                data,
                device,
                other,
                optimizerCopies);
    }

    /// The same with optimizer state that is sharded.
    public JobSpec sharded(int copies) {
        return new JobSpec(
                id,
                steps,
                shards,
                workers,
                checkpointEverySteps,
                secondsBetweenFailures,
                config,
                data,
                device,
                skip,
                copies);
    }

    public boolean isSharded() {
        return optimizerCopies > 0;
    }
}
