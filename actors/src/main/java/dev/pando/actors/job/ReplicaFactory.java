package dev.pando.actors.job;

import dev.pando.training.step.CheckpointStore;
import dev.pando.training.step.Collective;
import dev.pando.training.step.Trainer;

/// How a node builds what its actors work with: the seam between who computes and what is computed.
///
/// Calls are slow and blocking; actors make them on a device's thread or the checkpoint writer's.
public interface ReplicaFactory {
    /// Builds a replica of the job's model with its initial weights, and its place at the collective.
    ///
    /// @param worker name of the device's worker, unique among all incarnations in the grove: `worker-2#1`
    /// @throws Refusal if this device takes no part in that job, however often it is asked
    Replica replica(JobSpec job, String worker);

    /// Opens the job's checkpoints.
    CheckpointStore checkpoints(JobSpec job);

    /// What of the job a checkpoint carries besides state; see [CheckpointStore#save].
    java.util.Map<String, String> checkpointAttributes(JobSpec job);

    /// A device takes no part in a job: it is of another kind, lacks the text, has too little memory.
    final class Refusal extends RuntimeException {
        private static final long serialVersionUID = 1L;

        /// @param sentence for the user
        public Refusal(String sentence, Throwable cause) {
            super(sentence, cause);
        }
    }

    /// One replica on one device. The collective's memory holds the gradient spans.
    record Replica(Trainer trainer, Collective collective) {}
}
