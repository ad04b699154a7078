package dev.pando.training.model;

import dev.pando.training.ops.Ops;
import dev.pando.training.tensor.Memory;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/// What a forward pass leaves for the backward pass, allocated once: letters as in `Ops`.
///
/// Where it is kept in bfloat16, layers share float32 spans to work in: [#keep] rounds a layer's numbers and moves them
/// to the layer's narrow span, and [#bringBack] from there. What lies between the feed-forward's products exists for a
/// few rows at a time (Arctic Long Sequence Training, 2506.13996, section 3): see [Feed].
final class Activations {
    /// Rows that go through the feed-forward at a time, at most.
    private static final int FEED_ROWS = 4096;

    /// Rows of a matrix product's tile: chunks are whole ones, so that only their last tile is short.
    private static final int GRAIN = 256;

    /// Rows that go through the feed-forward together.
    record Rows(int from, int count) {
        /// Their part of a span of all rows.
        MemorySegment of(MemorySegment span, long width) {
            return span.asSlice(from * width * Float.BYTES, count * width * Float.BYTES);
        }

        private Kept kept(MemorySegment working, MemorySegment narrow, long width) {
            long bytes = width * Short.BYTES;
            return new Kept(working, narrow.asSlice(from * bytes, count * bytes), count * width);
        }

        /// Cuts n rows into nearly equal chunks. The cut follows from n alone: it belongs to the arithmetic.
        static List<Rows> chunks(int n) {
            int chunks = Math.ceilDiv(n, FEED_ROWS);
            int size = chunks == 1 ? n : Math.ceilDiv(Math.ceilDiv(n, chunks), GRAIN) * GRAIN;
            List<Rows> rows = new ArrayList<>();
            for (int from = 0; from < n; from += size) {
                rows.add(new Rows(from, Math.min(size, n - from)));
            }
            return rows;
        }
    }

    /// @param qkv N (H + 2 K) D, rotated
    /// @param attended N C
    /// @param logSumExp N H
    /// @param middle N C, the residual stream between attention and feed-forward
    /// @param middleScale N
    /// @param feed chunk by chunk
    record Layer(
            MemorySegment qkv,
            MemorySegment attended,
            MemorySegment logSumExp,
            MemorySegment middle,
            MemorySegment middleScale,
            List<Feed> feed) {}

    /// A chunk of rows in the feed-forward of a layer; R is their number.
    ///
    /// @param middle R C
    /// @param middleScale R
    /// @param gate R F; receives its gradient in the backward pass
    /// @param up R F; likewise
    /// @param kept gate and up where they wait in bfloat16; else empty
    record Feed(
            int rows,
            MemorySegment middle,
            MemorySegment middleScale,
            MemorySegment gate,
            MemorySegment up,
            List<Kept> kept) {}

    /// A span that layers share, and where one of them keeps its numbers of it.
    private record Kept(MemorySegment working, MemorySegment narrow, long elements) {
        void keep(Ops ops) {
            ops.narrow(working, narrow, elements);
        }

        void bringBack(Ops ops) {
            ops.widen(narrow, working, elements);
        }
    }

    private final Keeping keeping;
    private final List<Rows> chunks;
    private final List<MemorySegment> x = new ArrayList<>(); // N C of each layer's input, and of the last one's output
    private final List<MemorySegment> scales = new ArrayList<>(); // N of the norm of each x
    private final List<Layer> layers = new ArrayList<>();
    private final List<List<Kept>> narrow = new ArrayList<>(); // of each layer

    Activations(ModelConfig model, int n, Keeping keeping, Memory memory) {
        this.keeping = keeping;
        this.chunks = Rows.chunks(n);
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
        boolean shared = keeping.bfloat16() && l > 0;
        Layer first = shared ? layers.getFirst() : null;
        MemorySegment middle =
                shared ? first.middle : floats.allocate("middle of the residual stream " + l, model.hidden());
        return new Layer(
                shared ? first.qkv : floats.allocate("qkv " + l, model.qkvRows()),
                shared ? first.attended : floats.allocate("attended " + l, model.hidden()),
                logSumExp,
                middle,
                middleScale,
                feed(model, l, middle, middleScale, floats));
    }

    private List<Feed> feed(ModelConfig model, int l, MemorySegment middle, MemorySegment middleScale, Floats floats) {
        int f = model.intermediate();
        boolean keepsAll = !keeping.recompute() && !keeping.bfloat16();
        boolean keepsNarrow = !keeping.recompute() && keeping.bfloat16();
        Floats rows = keepsAll ? floats : new Floats(floats.memory, chunks.getFirst().count);
        boolean shared = keepsNarrow && l > 0;
        MemorySegment gate = shared ? working(Feed::gate) : rows.allocate("gate " + l, f);
        MemorySegment up = shared ? working(Feed::up) : rows.allocate("up " + l, f);
        MemorySegment narrowGate = keepsNarrow ? floats.narrow("gate " + l, f) : MemorySegment.NULL;
        MemorySegment narrowUp = keepsNarrow ? floats.narrow("up " + l, f) : MemorySegment.NULL;
        List<Feed> feed = new ArrayList<>();
        for (Rows chunk : chunks) {
            Rows at = keepsAll ? chunk : new Rows(0, chunk.count);
            MemorySegment gateRows = at.of(gate, f);
            MemorySegment upRows = at.of(up, f);
            feed.add(
                    new Feed(
                            chunk.count,
                            chunk.of(middle, model.hidden()),
                            chunk.of(middleScale, 1),
                            gateRows,
                            upRows,
                            keepsNarrow
                                    ? List.of(chunk.kept(gateRows, narrowGate, f), chunk.kept(upRows, narrowUp, f))
                                    : List.of()));
        }
        return List.copyOf(feed);
    }

    /// The span of the first layer's first chunk, which is as large as any.
    private MemorySegment working(Function<Feed, MemorySegment> part) {
        return part.apply(layers.getFirst().feed.getFirst());
    }

    private List<Kept> narrow(ModelConfig model, int l, Floats floats) {
        Kept input = floats.kept("residual stream " + l, x.get(l), model.hidden());
        if (keeping.recompute()) {
            return List.of(input);
        }
        Layer layer = layers.get(l);
        return List.of(
                input,
                floats.kept("qkv " + l, layer.qkv, model.qkvRows()),
                floats.kept("attended " + l, layer.attended, model.hidden()),
                floats.kept("middle of the residual stream " + l, layer.middle, model.hidden()));
    }

    /// Whether the backward pass has to form the layer again, except for the last one, which is still there.
    boolean recompute() {
        return keeping.recompute();
    }

    /// Whether the backward pass has to form gate and up again: a layer's memory has room for one chunk.
    boolean recomputesGates(int l) {
        return keeping.recompute() && (l + 1 < layers.size() || chunks.size() > 1);
    }

    /// The rows that go through the feed-forward together.
    List<Rows> chunks() {
        return chunks;
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
            if (all.get(i).working.equals(span)) {
                all.get(i).keep(ops);
            }
        }
    }

    /// Gate and up of a chunk are complete, likewise.
    void keep(Feed feed, Ops ops) {
        for (int i = 0; i < feed.kept.size(); i++) {
            feed.kept.get(i).keep(ops);
        }
    }

    /// The backward pass comes to this layer.
    void bringBack(int l, Ops ops) {
        List<Kept> all = narrow.get(l);
        for (int i = 0; i < all.size(); i++) {
            all.get(i).bringBack(ops);
        }
    }

    /// The backward pass comes to this chunk of a layer.
    void bringBack(Feed feed, Ops ops) {
        for (int i = 0; i < feed.kept.size(); i++) {
            feed.kept.get(i).bringBack(ops);
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

        MemorySegment narrow(String name, long width) {
            return memory.allocate(
                    "activations: " + name + ", kept", Math.multiplyExact((long) n, width) * Short.BYTES);
        }

        Kept kept(String name, MemorySegment working, long width) {
            return new Kept(working, narrow(name, width), Math.multiplyExact((long) n, width));
        }
    }
}
