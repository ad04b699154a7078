package dev.pando.training.ops;

import dev.pando.training.tensor.SumTree;

/// Softmax and cross-entropy where each shard has the logits of some tokens. See [CutOps#crossEntropyShard].
final class ShardedCrossEntropy {
    private static final int ROWS = 8;

    /// Instead of the label's logit where another shard has it.
    private static final double ELSEWHERE = Double.POSITIVE_INFINITY;

    private final TileThreads threads;
    private final TileThreads.Work forward = this::statisticsTile;
    private final TileThreads.Work backward = this::gradientTile;

    private long logits;
    private long labels;
    private long statistics;
    private long[] all;
    private int shard;
    private int first;
    private int n;
    private int v;

    ShardedCrossEntropy(TileThreads threads) {
        this.threads = threads;
    }

    void statistics(long logits, long labels, int first, long statistics, int n, int v) {
        this.logits = logits;
        this.labels = labels;
        this.first = first;
        this.statistics = statistics;
        this.n = n;
        this.v = v;
        threads.run(forward, Math.ceilDiv(n, ROWS));
    }

    private void statisticsTile(int tile, int lane) {
        int end = Math.min(n, (tile + 1) * ROWS);
        for (int row = tile * ROWS; row < end; row++) {
            int label = Native.getInt(labels + row * 4L);
            if (label == CrossEntropy.IGNORE) {
                continue;
            }
            long x = logits + (long) row * v * 4;
            int at = label - first;
            float top = CrossEntropy.maxLoop(x, v);
            put(statistics, row, 0, top);
            put(statistics, row, 2, at >= 0 && at < v ? Native.get(x + at * 4L) : ELSEWHERE);
            put(statistics, row, 1, CrossEntropy.exponentials(x, top, v));
        }
    }

    void gradient(long exponentials, long labels, long[] all, int shard, int first, long total, int n, int v) {
        this.logits = exponentials;
        this.labels = labels;
        this.all = all;
        this.shard = shard;
        this.first = first;
        this.n = n;
        this.v = v;
        threads.run(backward, Math.ceilDiv(n, ROWS));
        if (shard == 0) {
            addLosses(total);
        }
    }

    private void gradientTile(int tile, int lane) {
        int end = Math.min(n, (tile + 1) * ROWS);
        for (int row = tile * ROWS; row < end; row++) {
            long x = logits + (long) row * v * 4;
            int label = Native.getInt(labels + row * 4L);
            if (label == CrossEntropy.IGNORE) {
                Native.zero(x, v * 4L);
                continue;
            }
            double top = top(row);
            double mine = StrictMath.exp(get(all[shard], row, 0) - top);
            CrossEntropy.scaleLoop(x, (float) (mine / sum(0, all.length, row, top)), v);
            int at = label - first;
            if (at >= 0 && at < v) {
                Native.put(x + at * 4L, Native.get(x + at * 4L) - 1f);
            }
        }
    }

    private void addLosses(long total) {
        double loss = 0;
        long count = 0;
        for (int row = 0; row < n; row++) {
            int label = Native.getInt(labels + row * 4L);
            if (label != CrossEntropy.IGNORE) {
                double top = top(row);
                loss += StrictMath.log(sum(0, all.length, row, top)) + top - atLabel(row, label, top);
                count++;
            }
        }
        Native.putDouble(total, Native.getDouble(total) + loss);
        Native.putLong(total + 8, Native.getLong(total + 8) + count);
    }

    private double top(int row) {
        double top = Double.NEGATIVE_INFINITY;
        for (long of : all) {
            top = Math.max(top, get(of, row, 0));
        }
        return top;
    }

    private double sum(int from, int to, int row, double top) {
        if (to - from == 1) {
            return get(all[from], row, 1) * StrictMath.exp(get(all[from], row, 0) - top);
        }
        int middle = SumTree.middle(from, to);
        return sum(from, middle, row, top) + sum(middle, to, row, top);
    }

    private double atLabel(int row, int label, double top) {
        for (long of : all) {
            double logit = get(of, row, 2);
            if (logit != ELSEWHERE) {
                return logit;
            }
        }
        if (!Double.isFinite(top)) {
            return Double.NaN; // the logits are no numbers: neither is the loss
        }
        throw new IllegalArgumentException("label " + label + " at position " + row + " is not in the vocabulary");
    }

    private static void put(long statistics, int row, int which, double value) {
        Native.putDouble(statistics + (row * 3L + which) * 8, value);
    }

    private static double get(long statistics, int row, int which) {
        return Native.getDouble(statistics + (row * 3L + which) * 8);
    }
}
