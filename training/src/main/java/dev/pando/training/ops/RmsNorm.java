package dev.pando.training.ops;

import jdk.incubator.vector.FloatVector;

/// RMSNorm (Zhang and Sennrich), alone and together with the residual sum before it. See [Ops#norm].
final class RmsNorm {
    private static final int ROWS = 32;

    private final TileThreads threads;
    private final Scratch scratch;
    private final TileThreads.Work forward = this::forwardTile;
    private final TileThreads.Work backward = this::backwardTile;

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

    RmsNorm(TileThreads threads, Scratch scratch) {
        this.threads = threads;
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
        threads.run(forward, Math.ceilDiv(n, ROWS));
    }

    private void forwardTile(int tile, int lane) {
        int end = Math.min(n, (tile + 1) * ROWS);
        for (int row = tile * ROWS; row < end; row++) {
            long at = (long) row * c * 4;
            if (delta != 0) {
                addLoop(x + at, delta + at, sum + at, c);
            }
            float s = (float) (1.0 / Math.sqrt((double) squaresLoop(sum + at, c) / c + epsilon));
            Native.put(scale + row * 4L, s);
            scaleLoop(sum + at, weight, s, y + at, c);
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
        threads.run(backward, tiles);
        for (int tile = 0; tile < tiles; tile++) {
            Sums.addLoop(dweight, partial + (long) tile * c * 4, c);
        }
    }

    private void backwardTile(int tile, int lane) {
        int end = Math.min(n, (tile + 1) * ROWS);
        long mine = partial + (long) tile * c * 4;
        Native.zero(mine, (long) c * 4);
        for (int row = tile * ROWS; row < end; row++) {
            long at = (long) row * c * 4;
            float s = Native.get(scale + row * 4L);
            double mean = (double) dotLoop(dy + at, weight, x + at, c) / c;
            gradientsLoop(dy + at, x + at, weight, s, (float) (mean * s * s), dx + at, mine, y + at, c);
        }
    }

    private static void addLoop(long x, long delta, long sum, int c) {
        int whole = (int) Floats.whole(c);
        for (int i = 0; i < whole; i += Floats.LANES) {
            Floats.store(Floats.load(x + i * 4L).add(Floats.load(delta + i * 4L)), sum + i * 4L);
        }
        for (int i = whole; i < c; i++) {
            Native.put(sum + i * 4L, Native.get(x + i * 4L) + Native.get(delta + i * 4L));
        }
    }

    private static float squaresLoop(long x, int c) {
        int whole = (int) Floats.whole(c);
        FloatVector sums = Floats.of(0);
        for (int i = 0; i < whole; i += Floats.LANES) {
            FloatVector a = Floats.load(x + i * 4L);
            sums = a.fma(a, sums);
        }
        float sum = Floats.sum(sums);
        for (int i = whole; i < c; i++) {
            sum += Native.get(x + i * 4L) * Native.get(x + i * 4L);
        }
        return sum;
    }

    private static void scaleLoop(long x, long weight, float s, long y, int c) {
        int whole = (int) Floats.whole(c);
        FloatVector factor = Floats.of(s);
        for (int i = 0; i < whole; i += Floats.LANES) {
            Floats.store(Floats.load(x + i * 4L).mul(factor).mul(Floats.load(weight + i * 4L)), y + i * 4L);
        }
        for (int i = whole; i < c; i++) {
            Native.put(y + i * 4L, Native.get(x + i * 4L) * s * Native.get(weight + i * 4L));
        }
    }

    /// Sum of dy weight x.
    private static float dotLoop(long dy, long weight, long x, int c) {
        int whole = (int) Floats.whole(c);
        FloatVector sums = Floats.of(0);
        for (int i = 0; i < whole; i += Floats.LANES) {
            FloatVector a = Floats.load(dy + i * 4L).mul(Floats.load(weight + i * 4L));
            sums = a.fma(Floats.load(x + i * 4L), sums);
        }
        float sum = Floats.sum(sums);
        for (int i = whole; i < c; i++) {
            sum += Native.get(dy + i * 4L) * Native.get(weight + i * 4L) * Native.get(x + i * 4L);
        }
        return sum;
    }

    private static void gradientsLoop(
            long dy, long x, long weight, float s, float pull, long dx, long dweight, long y, int c) {
        int whole = (int) Floats.whole(c);
        FloatVector scales = Floats.of(s);
        FloatVector pulls = Floats.of(pull);
        for (int i = 0; i < whole; i += Floats.LANES) {
            FloatVector a = Floats.load(x + i * 4L);
            FloatVector w = Floats.load(weight + i * 4L);
            FloatVector g = Floats.load(dy + i * 4L);
            FloatVector normal = a.mul(scales);
            Floats.store(normal.mul(w), y + i * 4L);
            Floats.store(g.fma(normal, Floats.load(dweight + i * 4L)), dweight + i * 4L);
            FloatVector inner = g.mul(w).sub(a.mul(pulls));
            Floats.store(inner.fma(scales, Floats.load(dx + i * 4L)), dx + i * 4L);
        }
        for (int i = whole; i < c; i++) {
            float a = Native.get(x + i * 4L);
            float w = Native.get(weight + i * 4L);
            float g = Native.get(dy + i * 4L);
            Native.put(y + i * 4L, a * s * w);
            Native.put(dweight + i * 4L, Math.fma(g, a * s, Native.get(dweight + i * 4L)));
            Native.put(dx + i * 4L, Math.fma(g * w - a * pull, s, Native.get(dx + i * 4L)));
        }
    }
}
