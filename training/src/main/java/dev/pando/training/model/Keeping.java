package dev.pando.training.model;

/// How a forward pass keeps what the backward pass needs: where memory is short, time or digits can be given for it.
///
/// @param recompute keep each layer's input only, and compute the layer again in the backward pass; changes no bit
/// @param bfloat16 keep in bfloat16, half the memory; arithmetic stays float32, and sees the rounded numbers in both
///   passes
public record Keeping(boolean recompute, boolean bfloat16) {
    /// Everything, as it was computed.
    public static final Keeping ALL = new Keeping(false, false);
}
