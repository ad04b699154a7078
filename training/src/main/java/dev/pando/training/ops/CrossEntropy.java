package dev.pando.training.ops;

import jdk.incubator.vector.FloatVector;

/// Softmax and cross-entropy in one, in place. See [Ops#crossEntropy].
final class CrossEntropy {
    /// Label of a position that does not count.
    static final int IGNORE = -100;

    private static final int ROWS = 8;

    /// Float32 partial sums are moved to float64 after that many elements.
    private static final int RUN = 1024;

    private final TileThreads threads;
    private final Scratch scratch;
    private final TileThreads.Work work = this::tile;

    private long logits;
    private long labels;
    private long losses;
    private int n;
    private int v;

    CrossEntropy(TileThreads threads, Scratch scratch) {
        this.threads = threads;
        this.scratch = scratch;
    }

    void forwardBackward(long logits, long labels, long total, int n, int v) {
        this.logits = logits;
        this.labels = labels;
        this.losses = scratch.atLeast(n * 8L);
        this.n = n;
        this.v = v;
        threads.run(work, Math.ceilDiv(n, ROWS));
        double sum = 0;
        long count = 0;
        for (int row = 0; row < n; row++) {
            sum += Native.getDouble(losses + row * 8L);
            count += Native.getInt(labels + row * 4L) == IGNORE ? 0 : 1;
        }
        Native.putDouble(total, Native.getDouble(total) + sum);
        Native.putLong(total + 8, Native.getLong(total + 8) + count);
    }

    private void tile(int tile, int lane) {
        int end = Math.min(n, (tile + 1) * ROWS);
        for (int row = tile * ROWS; row < end; row++) {
            Native.putDouble(
                    losses + row * 8L, row(logits + (long) row * v * 4, Native.getInt(labels + row * 4L), row));
        }
    }

    private double row(long x, int label, int row) {
        if (label == IGNORE) {
            Native.zero(x, v * 4L);
            return 0;
        }
        if (label < 0 || label >= v) {
            throw new IllegalArgumentException(
                    "label " + label + " at position " + row + " is not in a vocabulary of " + v);
        }
        float top = maxLoop(x, v);
        double atLabel = Native.get(x + label * 4L);
        double sum = 0;
        for (int from = 0; from < v; from += RUN) {
            sum += exponentialsLoop(x + from * 4L, top, Math.min(RUN, v - from));
        }
        scaleLoop(x, (float) (1 / sum), v);
        Native.put(x + label * 4L, Native.get(x + label * 4L) - 1f);
        return StrictMath.log(sum) + top - atLabel;
    }

    private static float maxLoop(long x, int count) {
        int whole = (int) Floats.whole(count);
        FloatVector top = Floats.of(Float.NEGATIVE_INFINITY);
        for (int i = 0; i < whole; i += Floats.LANES) {
            top = top.max(Floats.load(x + i * 4L));
        }
        float max = Floats.max(top);
        for (int i = whole; i < count; i++) {
            max = Math.max(max, Native.get(x + i * 4L));
        }
        return max;
    }

    /// `x = e^(x - top)`; returns their sum.
    private static float exponentialsLoop(long x, float top, int count) {
        int whole = (int) Floats.whole(count);
        FloatVector sums = Floats.of(0);
        for (int i = 0; i < whole; i += Floats.LANES) {
            FloatVector e = Floats.exp(Floats.load(x + i * 4L).sub(top));
            Floats.store(e, x + i * 4L);
            sums = sums.add(e);
        }
        float sum = Floats.sum(sums);
        for (int i = whole; i < count; i++) {
            float e = Floats.exp(Native.get(x + i * 4L) - top);
            Native.put(x + i * 4L, e);
            sum += e;
        }
        return sum;
    }

    static void scaleLoop(long x, float by, int count) {
        int whole = (int) Floats.whole(count);
        FloatVector factor = Floats.of(by);
        for (int i = 0; i < whole; i += Floats.LANES) {
            Floats.store(Floats.load(x + i * 4L).mul(factor), x + i * 4L);
        }
        for (int i = whole; i < count; i++) {
            Native.put(x + i * 4L, Native.get(x + i * 4L) * by);
        }
    }
}
