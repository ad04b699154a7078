package dev.pando.actors.stage;

import dev.pando.actors.checkpoint.CheckpointWriter;
import dev.pando.actors.job.ReplicaInventory;
import dev.pando.actors.job.Wire;
import dev.pando.training.step.Trainer.Committed;
import dev.pando.training.step.Trainer.Examined;
import dev.pando.training.step.Trainer.ShardLoss;
import org.apache.pekko.actor.typed.ActorRef;

/// What a worker and its stage report to the supervisor of a job.
public sealed interface StageReport {
    /// A device holds nothing of the job, and builds a replica.
    record Building(String worker, ActorRef<GpuWorker.Command> device) implements StageReport, Wire {}

    /// A device takes no part in the job, however often it is asked.
    record Refused(String worker, ActorRef<GpuWorker.Command> device, String sentence) implements StageReport, Wire {}

    /// A replica is there, a fresh one or one that served the supervisor before.
    ///
    /// @param shardNs what the slow ones of its latest batch shards took; 0 before the first
    record Arrived(
            String worker,
            ReplicaInventory holding,
            long shardNs,
            String address,
            ActorRef<PipelineStage.Command> stage,
            ActorRef<GpuWorker.Command> device)
            implements StageReport, Wire {}

    /// The worker holds the gradient of this batch shard.
    ///
    /// @param seconds that its device took; 0 where it says so again
    record Computed(String worker, long step, long epoch, int shard, ShardLoss loss, double seconds)
            implements StageReport, Wire {}

    /// A sign of life, given several times a second: the worker's process does not stand still, whatever its device
    /// does.
    record Alive(String worker) implements StageReport, Wire {}

    /// The worker's device computes for other jobs, or the worker waits for the copy of its state that is being made
    /// for a checkpoint; its turn comes.
    ///
    /// @param queuedNs for how long it has waited
    record Queued(String worker, long epoch, long queuedNs) implements StageReport, Wire {}

    /// The worker has the sum, and this is what it makes of it.
    record Voted(String worker, long step, long epoch, Examined examined) implements StageReport, Wire {}

    /// The worker waited for a peer that did not come.
    record PeerFailed(String worker, long epoch, String peer, String evidence) implements StageReport, Wire {}

    record Applied(String worker, long epoch, Committed committed) implements StageReport, Wire {}

    /// The worker holds the state after this many steps.
    record Ready(String worker, long epoch, long step) implements StageReport, Wire {}

    /// @param writer to whom the copy goes
    record SnapshotTaken(String worker, long step, double stallSeconds, ActorRef<CheckpointWriter.Command> writer)
            implements StageReport, Wire {}

    record Digested(String worker, long step, String hash) implements StageReport, Wire {}

    /// What the bits of the whole state are that this worker has put together, where optimizer state is sharded.
    record Hashed(String worker, long epoch, String hash) implements StageReport, Wire {}

    /// The worker is no longer: what it held is gone.
    record StageFailed(String worker, String sentence) implements StageReport, Wire {}

    /// The worker's node leaves: the worker does its part of the step in flight, and is answered by [GpuWorker.Release]
    /// when the job can do without it.
    record Leaving(String worker, ActorRef<GpuWorker.Command> device) implements StageReport, Wire {}
}
