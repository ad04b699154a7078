package dev.pando.training.model;

import dev.pando.training.tensor.Memory;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/// What a forward pass leaves for the backward pass, allocated once: letters as in `Ops`.
///
/// @param x N C of each layer's input, and of the last layer's output
/// @param scales N of the norm of each x
/// @param layers of each layer, or one set for all of them if they are computed again
record Activations(List<MemorySegment> x, List<MemorySegment> scales, List<Layer> layers, boolean recompute) {
    /// @param qkv N (H + 2 K) D, rotated
    /// @param attended N C
    /// @param logSumExp N H
    /// @param middle N C, the residual stream between attention and feed-forward
    /// @param middleScale N
    /// @param gate N F; receives its gradient in the backward pass
    /// @param up N F; likewise
    record Layer(
            MemorySegment qkv,
            MemorySegment attended,
            MemorySegment logSumExp,
            MemorySegment middle,
            MemorySegment middleScale,
            MemorySegment gate,
            MemorySegment up) {}

    static Activations allocate(ModelConfig model, int n, boolean recompute, Memory memory) {
        List<MemorySegment> x = new ArrayList<>();
        List<MemorySegment> scales = new ArrayList<>();
        for (int l = 0; l <= model.layers(); l++) {
            x.add(floats(memory, "residual stream " + l, n, model.hidden()));
            scales.add(floats(memory, "norm scale " + l, n, 1));
        }
        List<Layer> layers = new ArrayList<>();
        for (int l = 0; l < (recompute ? 1 : model.layers()); l++) {
            layers.add(
                    new Layer(
                            floats(memory, "qkv " + l, n, model.qkvRows()),
                            floats(memory, "attended " + l, n, model.hidden()),
                            floats(memory, "log-sum-exp " + l, n, model.heads()),
                            floats(memory, "middle of the residual stream " + l, n, model.hidden()),
                            floats(memory, "middle norm scale " + l, n, 1),
                            floats(memory, "gate " + l, n, model.intermediate()),
                            floats(memory, "up " + l, n, model.intermediate())));
        }
        return new Activations(List.copyOf(x), List.copyOf(scales), List.copyOf(layers), recompute);
    }

    Layer layer(int l) {
        return layers.get(recompute ? 0 : l);
    }

    static MemorySegment floats(Memory memory, String name, long rows, long width) {
        return memory.allocate(name, Math.multiplyExact(rows, width) * Float.BYTES);
    }
}
