package dev.pando.training.step;

import java.lang.foreign.MemorySegment;
import java.util.List;

/// All that a replica must remember between steps: what a checkpoint holds and what a newcomer receives.
///
/// @param step number of committed steps
/// @param history digest of the losses so far, see [LossHistory]
/// @param spans every tensor under its name: weights as in the Hugging Face checkpoint, then the first moments as
///   `exp_avg/NAME`, then the second as `exp_avg_sq/NAME`
public record TrainerState(long step, LossHistory history, List<Span> spans) {
    public TrainerState {
        spans = List.copyOf(spans);
    }

    /// One named tensor of float32, row-major.
    public record Span(String name, List<Long> shape, MemorySegment data) {}
}
