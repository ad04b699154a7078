package dev.pando.training.objective;

import dev.pando.training.model.ModelTensors;
import java.lang.foreign.MemorySegment;

/// What a model is trained for: stands between its forward and its backward pass, so that the model knows no loss.
///
/// Losses and gradients are *sums* over what counts; the optimizer divides by the count. All memory is allocated when
/// an objective is built. Not thread-safe.
public interface Objective {
    /// Turns the last norm of a microbatch, see [dev.pando.training.model.InternLm2.Hidden], into the gradient of the
    /// summed loss.
    ///
    /// @param gradient receives the gradient of the weights that the objective reads; added to
    /// @param total float64 summed loss in nats, then int64 count; both are added to
    void lossAndGradient(ModelTensors weights, ModelTensors gradient, MemorySegment total);
}
