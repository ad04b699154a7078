package dev.pando.training.ops;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/// The gated activation of the feed-forward layer (Shazeer). See [Ops#swiglu].
final class SwiGlu {
    private static final int TILE = 1 << 14;

    private final Lanes lanes;
    private final Lanes.Work forward = this::forwardTile;
    private final Lanes.Work backward = this::backwardTile;

    private long gate;
    private long up;
    private long y;
    private long elements;

    SwiGlu(Lanes lanes) {
        this.lanes = lanes;
    }

    void forward(long gate, long up, long y, long elements) {
        set(gate, up, y, elements);
        lanes.run(forward, (int) Math.ceilDiv(elements, TILE));
    }

    private void forwardTile(int tile, int lane) {
        long from = (long) tile * TILE;
        long at = from * 4;
        int count = (int) Math.min(TILE, elements - from);
        int whole = (int) Floats.whole(count);
        forward(gate + at, up + at, y + at, whole);
        if (whole < count) {
            at += whole * 4L;
            forwardRest(gate + at, up + at, y + at, count - whole);
        }
    }

    void backward(long gate, long up, long dy, long elements) {
        set(gate, up, dy, elements);
        lanes.run(backward, (int) Math.ceilDiv(elements, TILE));
    }

    private void backwardTile(int tile, int lane) {
        long from = (long) tile * TILE;
        long at = from * 4;
        int count = (int) Math.min(TILE, elements - from);
        int whole = (int) Floats.whole(count);
        backward(gate + at, up + at, y + at, whole);
        if (whole < count) {
            at += whole * 4L;
            backwardRest(gate + at, up + at, y + at, count - whole);
        }
    }

    // what is left of a vector has methods of its own: the compiler keeps vectors in registers only in small ones

    private static void forward(long gate, long up, long y, int count) {
        for (int i = 0; i < count; i += Floats.LANES) {
            FloatVector g = Floats.load(gate + i * 4L);
            Floats.store(silu(g).mul(Floats.load(up + i * 4L)), y + i * 4L);
        }
    }

    private static void forwardRest(long gate, long up, long y, int count) {
        VectorMask<Float> mask = Floats.first(count);
        FloatVector g = Floats.load(gate, mask);
        Floats.store(silu(g).mul(Floats.load(up, mask)), y, mask);
    }

    private static void backward(long gate, long up, long dy, int count) {
        for (int i = 0; i < count; i += Floats.LANES) {
            FloatVector g = Floats.load(gate + i * 4L);
            FloatVector u = Floats.load(up + i * 4L);
            FloatVector d = Floats.load(dy + i * 4L);
            FloatVector s = sigmoid(g);
            FloatVector silu = g.mul(s);
            Floats.store(d.mul(u).mul(slope(g, s)), gate + i * 4L);
            Floats.store(d.mul(silu), up + i * 4L);
            Floats.store(silu.mul(u), dy + i * 4L);
        }
    }

    private static void backwardRest(long gate, long up, long dy, int count) {
        VectorMask<Float> mask = Floats.first(count);
        FloatVector g = Floats.load(gate, mask);
        FloatVector u = Floats.load(up, mask);
        FloatVector d = Floats.load(dy, mask);
        FloatVector s = sigmoid(g);
        FloatVector silu = g.mul(s);
        Floats.store(d.mul(u).mul(slope(g, s)), gate, mask);
        Floats.store(d.mul(silu), up, mask);
        Floats.store(silu.mul(u), dy, mask);
    }

    private static FloatVector silu(FloatVector g) {
        return g.mul(sigmoid(g));
    }

    private static FloatVector sigmoid(FloatVector g) {
        return Floats.of(1f).div(Floats.exp(g.neg()).add(1f));
    }

    /// d silu / dg = s (1 + g (1 - s)).
    private static FloatVector slope(FloatVector g, FloatVector s) {
        FloatVector rest = Floats.of(1f).sub(s);
        return s.mul(g.fma(rest, Floats.of(1f)));
    }

    private void set(long gate, long up, long y, long elements) {
        this.gate = gate;
        this.up = up;
        this.y = y;
        this.elements = elements;
    }
}
