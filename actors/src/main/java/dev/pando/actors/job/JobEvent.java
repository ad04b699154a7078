package dev.pando.actors.job;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.List;

/// What happened to a job, in the past tense and in order: the stream that reports, dashboards and judges read.
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
    @JsonSubTypes.Type(value = JobEvent.Started.class, name = "started"),
    @JsonSubTypes.Type(value = JobEvent.WorkerJoined.class, name = "worker-joined"),
    @JsonSubTypes.Type(value = JobEvent.WorkerLost.class, name = "worker-lost"),
    @JsonSubTypes.Type(value = JobEvent.WorkerFellSilent.class, name = "worker-fell-silent"),
    @JsonSubTypes.Type(value = JobEvent.WorkerLeft.class, name = "worker-left"),
    @JsonSubTypes.Type(value = JobEvent.WorkerRefused.class, name = "worker-refused"),
    @JsonSubTypes.Type(value = JobEvent.WorkerFellBehind.class, name = "worker-fell-behind"),
    @JsonSubTypes.Type(value = JobEvent.WorkerKeptUp.class, name = "worker-kept-up"),
    @JsonSubTypes.Type(value = JobEvent.EpochOpened.class, name = "epoch-opened"),
    @JsonSubTypes.Type(value = JobEvent.ShardsMoved.class, name = "shards-moved"),
    @JsonSubTypes.Type(value = JobEvent.RungTried.class, name = "rung-tried"),
    @JsonSubTypes.Type(value = JobEvent.StepCommitted.class, name = "step-committed"),
    @JsonSubTypes.Type(value = JobEvent.StateLoaded.class, name = "state-loaded"),
    @JsonSubTypes.Type(value = JobEvent.StepDropped.class, name = "step-dropped"),
    @JsonSubTypes.Type(value = JobEvent.SnapshotTaken.class, name = "snapshot-taken"),
    @JsonSubTypes.Type(value = JobEvent.CheckpointDurable.class, name = "checkpoint-durable"),
    @JsonSubTypes.Type(value = JobEvent.CheckpointFailed.class, name = "checkpoint-failed"),
    @JsonSubTypes.Type(value = JobEvent.Finished.class, name = "finished"),
    @JsonSubTypes.Type(value = JobEvent.Stopped.class, name = "stopped"),
    @JsonSubTypes.Type(value = JobEvent.Failed.class, name = "failed")
})
public sealed interface JobEvent {
    /// Whether this is the job's last event: nothing of it runs any more.
    default boolean endsTheJob() {
        return this instanceof Finished || this instanceof Stopped || this instanceof Failed;
    }

    /// The job began, or went on, at this step.
    record Started(long step, boolean resumed) implements JobEvent {}

    /// A worker has the job's state and takes part from the next epoch on.
    ///
    /// @param node where it is; empty where that is not known
    record WorkerJoined(String worker, long step, String node) implements JobEvent {
        public WorkerJoined(String worker, long step) {
            this(worker, step, "");
        }
    }

    /// A worker takes part no longer.
    ///
    /// @param evidence why we believe so: `its thread threw IllegalStateException: …`, `no answer for 12 x the pace of
    ///   a step`
    record WorkerLost(String worker, long step, String evidence) implements JobEvent {}

    /// A worker takes no part while its process stands still: others do its work. Once it goes on it joins again.
    ///
    /// @param evidence why we believe so: `no sign of life for 400 ms`
    record WorkerFellSilent(String worker, long step, String evidence) implements JobEvent {}

    /// A worker takes part no longer, since its node leaves: between two steps, with nothing in its hands.
    record WorkerLeft(String worker, long step) implements JobEvent {}

    /// A device takes no part in the job, and is not asked again before it is restarted.
    record WorkerRefused(String worker, long step, String sentence) implements JobEvent {}

    /// A worker has become a straggler: it gets fewer batch shards, and its machine may need attention.
    ///
    /// @param times as long as the middle worker it takes for a batch shard
    record WorkerFellBehind(String worker, long step, double times) implements JobEvent {}

    /// A worker is a straggler no longer.
    record WorkerKeptUp(String worker, long step) implements JobEvent {}

    /// From here on messages and frames of older epochs are dropped.
    record EpochOpened(long epoch, long step, String reason, List<String> workers) implements JobEvent {}

    /// Batch shards of the step in flight went to another worker.
    record ShardsMoved(long step, long epoch, List<Integer> shards, String to) implements JobEvent {}

    /// A rung of the recovery ladder was tried.
    record RungTried(Rung rung, long step, String subject) implements JobEvent {}

    /// @param loss NaN where the step was skipped, as is the gradient norm
    /// @param seconds since the step before it was committed
    record StepCommitted(
            long step,
            long epoch,
            double loss,
            double gradientNorm,
            double learningRate,
            long tokens,
            double seconds,
            int workers)
            implements JobEvent {
        /// Whether nothing was learned in this step, since its data gives no numbers to learn from.
        public boolean wasSkipped() {
            return Double.isNaN(loss);
        }
    }

    /// The job's state is that of a checkpoint again; steps from there on are committed again.
    ///
    /// @param step number of committed steps that it holds
    /// @param damaged newer checkpoints that were passed over, one sentence each
    record StateLoaded(long step, String checkpoint, List<String> damaged) implements JobEvent {}

    /// A step was computed and not applied; it is computed again.
    record StepDropped(long step, long epoch, String reason) implements JobEvent {}

    /// @param stallSeconds for which training waited
    record SnapshotTaken(long step, double stallSeconds) implements JobEvent {}

    record CheckpointDurable(long step, String checkpoint, long bytes, double seconds) implements JobEvent {}

    record CheckpointFailed(long step, String sentence) implements JobEvent {}

    /// All steps are committed, the last checkpoint is durable.
    ///
    /// @param hash `sha256:…` over weights, moments and loss history
    record Finished(long step, String hash) implements JobEvent {}

    /// Stopped on request, with a checkpoint.
    record Stopped(long step) implements JobEvent {}

    /// The ladder has no further rung.
    record Failed(long step, String diagnosis) implements JobEvent {}

    /// The recovery ladder, from the cheapest rung to the last.
    enum Rung {
        /// Others of the step take over the lost batch shards.
        REASSIGN_WITHIN_STEP,
        /// The worker is restarted.
        RESTART_WORKER,
        /// The newcomer's state comes from a peer's memory.
        REBUILD_FROM_PEER,
        /// No worker holds the state any more.
        LOAD_CHECKPOINT,
        /// The step's data gives no numbers to learn from, on any worker: the job continues without it.
        SKIP_DATA,
        /// A person must act.
        STOP
    }
}
