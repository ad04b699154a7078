package dev.pando.training.model;

import dev.pando.training.ops.Ops;
import dev.pando.training.tensor.Memory;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/// What a forward pass leaves for the backward pass, allocated once: letters as in `Ops`.
///
/// Where it is kept in bfloat16, layers share float32 spans to work in: [#keep] rounds a layer's numbers and moves them
/// to a narrow span of its own, and [#bringBack] from there.
final class Activations {
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

    /// A span that layers share, and where one of them keeps its own numbers of it.
    private record Kept(MemorySegment working, MemorySegment narrow, long elements) {}

    private final Keeping keeping;
    private final List<MemorySegment> x = new ArrayList<>(); // N C of each layer's input, and of the last one's output
    private final List<MemorySegment> scales = new ArrayList<>(); // N of the norm of each x
    private final List<Layer> layers = new ArrayList<>();
    private final List<List<Kept>> narrow = new ArrayList<>(); // of each layer

    Activations(ModelConfig model, int n, Keeping keeping, Memory memory) {
        this.keeping = keeping;
        Floats floats = new Floats(memory, n);
        for (int l = 0; l <= model.layers(); l++) {
            boolean shared = keeping.bfloat16() && l > 1; // of two neighbours one is read and the other written
            x.add(shared ? x.get(l - 2) : floats.allocate("residual stream " + l, model.hidden()));
            scales.add(floats.allocate("norm scale " + l, 1));
        }
        for (int l = 0; l < model.layers(); l++) {
            layers.add(l > 0 && keeping.recompute() ? layers.getFirst() : layer(model, l, floats));
            narrow.add(keeping.bfloat16() ? narrow(model, l, floats) : List.of());
        }
    }

    private Layer layer(ModelConfig model, int l, Floats floats) {
        MemorySegment logSumExp = floats.allocate("log-sum-exp " + l, model.heads());
        MemorySegment middleScale = floats.allocate("middle norm scale " + l, 1);
        if (keeping.bfloat16() && l > 0) {
            Layer first = layers.getFirst();
            return new Layer(first.qkv, first.attended, logSumExp, first.middle, middleScale, first.gate, first.up);
        }
        return new Layer(
                floats.allocate("qkv " + l, model.qkvRows()),
                floats.allocate("attended " + l, model.hidden()),
                logSumExp,
                floats.allocate("middle of the residual stream " + l, model.hidden()),
                middleScale,
                floats.allocate("gate " + l, model.intermediate()),
                floats.allocate("up " + l, model.intermediate()));
    }

    private List<Kept> narrow(ModelConfig model, int l, Floats floats) {
        Kept input = floats.narrow("residual stream " + l, x.get(l), model.hidden());
        if (keeping.recompute()) {
            return List.of(input);
        }
        Layer layer = layers.get(l);
        return List.of(
                input,
                floats.narrow("qkv " + l, layer.qkv, model.qkvRows()),
                floats.narrow("attended " + l, layer.attended, model.hidden()),
                floats.narrow("middle of the residual stream " + l, layer.middle, model.hidden()),
                floats.narrow("gate " + l, layer.gate, model.intermediate()),
                floats.narrow("up " + l, layer.up, model.intermediate()));
    }

    boolean recompute() {
        return keeping.recompute();
    }

    MemorySegment x(int l) {
        return x.get(l);
    }

    MemorySegment scale(int l) {
        return scales.get(l);
    }

    Layer layer(int l) {
        return layers.get(l);
    }

    /// A span of the layer is complete: from here on it holds what the backward pass will see.
    void keep(int l, MemorySegment span, Ops ops) {
        List<Kept> all = narrow.get(l);
        for (int i = 0; i < all.size(); i++) {
            Kept kept = all.get(i);
            if (kept.working.equals(span)) {
                ops.narrow(span, kept.narrow, kept.elements);
            }
        }
    }

    /// The backward pass comes to this layer.
    void bringBack(int l, Ops ops) {
        List<Kept> all = narrow.get(l);
        for (int i = 0; i < all.size(); i++) {
            Kept kept = all.get(i);
            ops.widen(kept.narrow, kept.working, kept.elements);
        }
    }

    /// @param name as it appears among the activations
    static MemorySegment floats(Memory memory, String name, long rows, long width) {
        return memory.allocate("activations: " + name, Math.multiplyExact(rows, width) * Float.BYTES);
    }

    private record Floats(Memory memory, int n) {
        MemorySegment allocate(String name, long width) {
            return floats(memory, name, n, width);
        }

        Kept narrow(String name, MemorySegment working, long width) {
            long elements = Math.multiplyExact((long) n, width);
            return new Kept(
                    working, memory.allocate("activations: " + name + ", kept", elements * Short.BYTES), elements);
        }
    }
}
