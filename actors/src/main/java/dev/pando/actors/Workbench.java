package dev.pando.actors;

import dev.pando.training.step.CheckpointStore;
import dev.pando.training.step.Collective;
import dev.pando.training.step.Trainer;

/// How a node builds what its actors work with: the seam between who computes and what is computed.
///
/// Calls are slow and blocking; actors make them on a device's thread or the checkpoint writer's.
public interface Workbench {
    /// Builds a replica of the job's model with its initial weights, and its place at the collective.
    ///
    /// @param worker name of the device's worker, unique among all incarnations in the grove: `worker-2#1`
    Replica replica(JobSpec job, String worker);

    /// Opens the job's checkpoints.
    CheckpointStore checkpoints(JobSpec job);

    /// What of the job a checkpoint carries besides state; see [CheckpointStore#save].
    java.util.Map<String, String> checkpointAttributes(JobSpec job);

    /// One replica on one device. The collective's memory holds the gradient spans.
    record Replica(Trainer trainer, Collective collective) {}
}
