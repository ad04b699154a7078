package dev.pando.training.ops;

import jdk.incubator.vector.FloatVector;

/// The gated activation of the feed-forward layer (Shazeer). See [Ops#swiglu].
final class SwiGlu {
    private static final int TILE = 1 << 14;

    private final TileThreads threads;
    private final TileThreads.Work forward = this::forwardTile;
    private final TileThreads.Work backward = this::backwardTile;

    private long gate;
    private long up;
    private long y;
    private long elements;

    SwiGlu(TileThreads threads) {
        this.threads = threads;
    }

    void forward(long gate, long up, long y, long elements) {
        set(gate, up, y, elements);
        threads.run(forward, (int) Math.ceilDiv(elements, TILE));
    }

    private void forwardTile(int tile, int lane) {
        long from = (long) tile * TILE;
        long at = from * 4;
        int count = (int) Math.min(TILE, elements - from);
        int whole = (int) Floats.whole(count);
        forwardLoop(gate + at, up + at, y + at, whole);
        if (whole < count) {
            at += whole * 4L;
            forwardRest(gate + at, up + at, y + at, count - whole);
        }
    }

    void backward(long gate, long up, long dy, long elements) {
        set(gate, up, dy, elements);
        threads.run(backward, (int) Math.ceilDiv(elements, TILE));
    }

    private void backwardTile(int tile, int lane) {
        long from = (long) tile * TILE;
        long at = from * 4;
        int count = (int) Math.min(TILE, elements - from);
        int whole = (int) Floats.whole(count);
        backwardLoop(gate + at, up + at, y + at, whole);
        if (whole < count) {
            at += whole * 4L;
            backwardRest(gate + at, up + at, y + at, count - whole);
        }
    }

    private static void forwardLoop(long gate, long up, long y, int count) {
        for (int i = 0; i < count; i += Floats.LANES) {
            FloatVector g = Floats.load(gate + i * 4L);
            Floats.store(g.mul(sigmoid(g)).mul(Floats.load(up + i * 4L)), y + i * 4L);
        }
    }

    private static void forwardRest(long gate, long up, long y, int count) {
        for (int i = 0; i < count; i++) {
            float g = Native.get(gate + i * 4L);
            Native.put(y + i * 4L, g * sigmoid(g) * Native.get(up + i * 4L));
        }
    }

    /// d silu / dg = s (1 + g (1 - s)), with s the sigmoid of g.
    private static void backwardLoop(long gate, long up, long dy, int count) {
        for (int i = 0; i < count; i += Floats.LANES) {
            FloatVector g = Floats.load(gate + i * 4L);
            FloatVector u = Floats.load(up + i * 4L);
            FloatVector d = Floats.load(dy + i * 4L);
            FloatVector s = sigmoid(g);
            FloatVector silu = g.mul(s);
            FloatVector slope = s.mul(g.fma(Floats.ONE.sub(s), Floats.ONE));
            Floats.store(d.mul(u).mul(slope), gate + i * 4L);
            Floats.store(d.mul(silu), up + i * 4L);
            Floats.store(silu.mul(u), dy + i * 4L);
        }
    }

    private static void backwardRest(long gate, long up, long dy, int count) {
        for (int i = 0; i < count; i++) {
            float g = Native.get(gate + i * 4L);
            float u = Native.get(up + i * 4L);
            float d = Native.get(dy + i * 4L);
            float s = sigmoid(g);
            float slope = s * Math.fma(g, 1f - s, 1f);
            Native.put(gate + i * 4L, d * u * slope);
            Native.put(up + i * 4L, d * (g * s));
            Native.put(dy + i * 4L, g * s * u);
        }
    }

    private static FloatVector sigmoid(FloatVector g) {
        return Floats.ONE.div(Floats.exp(g.neg()).add(Floats.ONE));
    }

    private static float sigmoid(float g) {
        return 1f / (Floats.exp(-g) + 1f);
    }

    private void set(long gate, long up, long y, long elements) {
        this.gate = gate;
        this.up = up;
        this.y = y;
        this.elements = elements;
    }
}
