package dev.pando.training.ops;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/// RMSNorm (Zhang and Sennrich), alone and together with the residual sum before it. See [Ops#norm].
final class RmsNorm {
    private static final int ROWS = 32;

    private final Lanes lanes;
    private final Scratch scratch;
    private final Lanes.Work forward = this::forwardTile;
    private final Lanes.Work backward = this::backwardTile;

    private long x;
    private long delta;
    private long sum;
    private long weight;
    private long y;
    private long scale;
    private long dy;
    private long dx;
    private long partial;
    private int n;
    private int c;
    private double epsilon;

    RmsNorm(Lanes lanes, Scratch scratch) {
        this.lanes = lanes;
        this.scratch = scratch;
    }

    /// @param delta 0: there is nothing to add, and `sum` is `x`
    void forward(long x, long delta, long sum, long weight, long y, long scale, int n, int c, double epsilon) {
        this.x = x;
        this.delta = delta;
        this.sum = sum;
        this.weight = weight;
        this.y = y;
        this.scale = scale;
        this.n = n;
        this.c = c;
        this.epsilon = epsilon;
        lanes.run(forward, Math.ceilDiv(n, ROWS));
    }

    private void forwardTile(int tile, int lane) {
        int end = Math.min(n, (tile + 1) * ROWS);
        for (int row = tile * ROWS; row < end; row++) {
            long at = (long) row * c * 4;
            if (delta != 0) {
                add(x + at, delta + at, sum + at, c);
            }
            float s = (float) (1.0 / Math.sqrt((double) squares(sum + at, c) / c + epsilon));
            Native.put(scale + row * 4L, s);
            scale(sum + at, weight, s, y + at, c);
        }
    }

    void backward(long dy, long x, long weight, long scale, long dx, long dweight, long y, int n, int c) {
        int tiles = Math.ceilDiv(n, ROWS);
        this.dy = dy;
        this.x = x;
        this.weight = weight;
        this.scale = scale;
        this.dx = dx;
        this.y = y;
        this.n = n;
        this.c = c;
        this.partial = scratch.atLeast((long) tiles * c * 4);
        lanes.run(backward, tiles);
        for (int tile = 0; tile < tiles; tile++) {
            Sums.add(dweight, partial + (long) tile * c * 4, c);
        }
    }

    private void backwardTile(int tile, int lane) {
        int end = Math.min(n, (tile + 1) * ROWS);
        long mine = partial + (long) tile * c * 4;
        Native.zero(mine, (long) c * 4);
        for (int row = tile * ROWS; row < end; row++) {
            long at = (long) row * c * 4;
            float s = Native.get(scale + row * 4L);
            double mean = (double) dot(dy + at, weight, x + at, c) / c;
            gradients(dy + at, x + at, weight, s, (float) (mean * s * s), dx + at, mine, y + at, c);
        }
    }

    private static void add(long x, long delta, long sum, int c) {
        for (int i = 0; i < c; i += Floats.LANES) {
            VectorMask<Float> mask = Floats.first(c - i);
            Floats.store(Floats.load(x + i * 4L, mask).add(Floats.load(delta + i * 4L, mask)), sum + i * 4L, mask);
        }
    }

    private static float squares(long x, int c) {
        int whole = (int) Floats.whole(c);
        FloatVector sum = Floats.of(0);
        for (int i = 0; i < whole; i += Floats.LANES) {
            FloatVector a = Floats.load(x + i * 4L);
            sum = a.fma(a, sum);
        }
        if (whole < c) {
            FloatVector a = Floats.load(x + whole * 4L, Floats.first(c - whole));
            sum = a.fma(a, sum);
        }
        return Floats.sum(sum);
    }

    private static void scale(long x, long weight, float s, long y, int c) {
        int whole = (int) Floats.whole(c);
        for (int i = 0; i < whole; i += Floats.LANES) {
            Floats.store(Floats.load(x + i * 4L).mul(s).mul(Floats.load(weight + i * 4L)), y + i * 4L);
        }
        if (whole < c) {
            VectorMask<Float> mask = Floats.first(c - whole);
            FloatVector a = Floats.load(x + whole * 4L, mask).mul(s).mul(Floats.load(weight + whole * 4L, mask));
            Floats.store(a, y + whole * 4L, mask);
        }
    }

    /// Sum of dy weight x.
    private static float dot(long dy, long weight, long x, int c) {
        int whole = (int) Floats.whole(c);
        FloatVector sum = Floats.of(0);
        for (int i = 0; i < whole; i += Floats.LANES) {
            FloatVector a = Floats.load(dy + i * 4L).mul(Floats.load(weight + i * 4L));
            sum = a.fma(Floats.load(x + i * 4L), sum);
        }
        if (whole < c) {
            VectorMask<Float> mask = Floats.first(c - whole);
            FloatVector a = Floats.load(dy + whole * 4L, mask).mul(Floats.load(weight + whole * 4L, mask));
            sum = a.fma(Floats.load(x + whole * 4L, mask), sum);
        }
        return Floats.sum(sum);
    }

    private static void gradients(
            long dy, long x, long weight, float s, float pull, long dx, long dweight, long y, int c) {
        for (int i = 0; i < c; i += Floats.LANES) {
            VectorMask<Float> mask = Floats.first(c - i);
            FloatVector a = Floats.load(x + i * 4L, mask);
            FloatVector w = Floats.load(weight + i * 4L, mask);
            FloatVector g = Floats.load(dy + i * 4L, mask);
            FloatVector normal = a.mul(s);
            Floats.store(normal.mul(w), y + i * 4L, mask);
            Floats.store(g.fma(normal, Floats.load(dweight + i * 4L, mask)), dweight + i * 4L, mask);
            FloatVector inner = g.mul(w).sub(a.mul(pull));
            Floats.store(inner.fma(Floats.of(s), Floats.load(dx + i * 4L, mask)), dx + i * 4L, mask);
        }
    }
}
