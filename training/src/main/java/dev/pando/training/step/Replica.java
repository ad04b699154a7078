package dev.pando.training.step;

import dev.pando.training.step.Trainer.ShardLoss;
import java.lang.foreign.MemorySegment;

/// Computes the gradient of one batch shard, microbatch by microbatch, on the device of a [ModelTrainer].
sealed interface Replica permits WholeReplica, GridReplica {
    /// Where the host puts the tokens of the next microbatch.
    Sampler.Microbatch input();

    /// Begins a batch shard.
    ///
    /// @param gradient on the device; overwritten
    void begin(MemorySegment gradient);

    /// Adds loss and gradient of the microbatch in [#input].
    void add();

    /// The gradient is complete.
    void end();

    /// Loss of the batch shard, once the device has finished.
    ShardLoss loss();
}
