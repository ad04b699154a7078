package dev.pando.training.ops;

import java.lang.foreign.MemorySegment;
import java.util.List;

/// [CutOps] on a CPU, with the kernels of [CpuOps].
final class CpuCutOps implements CutOps {
    private final Linear linear;
    private final Attention attention;
    private final AttentionMerge merge;
    private final ShardedCrossEntropy crossEntropy;

    CpuCutOps(TileThreads threads, Linear linear, Attention attention) {
        this.linear = linear;
        this.attention = attention;
        this.merge = new AttentionMerge(threads);
        this.crossEntropy = new ShardedCrossEntropy(threads);
    }

    @Override
    public void linear(MemorySegment x, MemorySegment slice, int stride, MemorySegment y, int n, int in, int out) {
        linear.forward(floats(x, n, in), slice(slice, stride, in, out), stride, floats(y, n, out), n, in, out);
    }

    @Override
    public void linearBackward(
            MemorySegment dy, MemorySegment slice, int stride, MemorySegment dx, int n, int in, int out) {
        linear.backward(
                floats(dy, n, out), slice(slice, stride, in, out), stride, floats(dx, n, in), n, in, out, false);
    }

    @Override
    public void linearGradient(
            MemorySegment dy, MemorySegment x, MemorySegment dslice, int stride, int n, int in, int out) {
        linear.gradient(floats(dy, n, out), floats(x, n, in), slice(dslice, stride, in, out), stride, n, in, out);
    }

    @Override
    public void attendEarlier(
            MemorySegment qkv,
            MemorySegment earlier,
            MemorySegment documents,
            int distance,
            MemorySegment out,
            MemorySegment logSumExp,
            AttentionShape shape) {
        attention.earlier(
                floats(qkv, shape.n(), shape.qkvWidth()),
                floats(earlier, shape.n(), shape.qkvWidth()),
                ints(documents, shape.n()),
                distance(distance, shape),
                floats(out, shape.n(), shape.width()),
                floats(logSumExp, shape.n(), shape.heads()),
                shape);
    }

    @Override
    public void attendMerge(
            MemorySegment out,
            MemorySegment logSumExp,
            MemorySegment other,
            MemorySegment otherLogSumExp,
            AttentionShape shape) {
        merge.merge(
                floats(out, shape.n(), shape.width()),
                floats(logSumExp, shape.n(), shape.heads()),
                floats(other, shape.n(), shape.width()),
                floats(otherLogSumExp, shape.n(), shape.heads()),
                shape);
    }

    @Override
    public void attendEarlierBackward(
            MemorySegment dout,
            MemorySegment qkv,
            MemorySegment earlier,
            MemorySegment documents,
            int distance,
            MemorySegment out,
            MemorySegment logSumExp,
            MemorySegment dqkv,
            AttentionShape shape) {
        attention.earlierBackward(
                floats(dout, shape.n(), shape.width()),
                floats(qkv, shape.n(), shape.qkvWidth()),
                floats(earlier, shape.n(), shape.qkvWidth()),
                ints(documents, shape.n()),
                distance(distance, shape),
                floats(out, shape.n(), shape.width()),
                floats(logSumExp, shape.n(), shape.heads()),
                floats(dqkv, shape.n(), shape.qkvWidth()),
                shape);
    }

    @Override
    public void addQueries(MemorySegment target, MemorySegment source, AttentionShape shape) {
        merge.addSlots(
                floats(target, shape.n(), shape.qkvWidth()),
                floats(source, shape.n(), shape.qkvWidth()),
                0,
                shape.queries(),
                shape);
    }

    @Override
    public void addKeysAndValues(MemorySegment target, MemorySegment source, AttentionShape shape) {
        merge.addSlots(
                floats(target, shape.n(), shape.qkvWidth()),
                floats(source, shape.n(), shape.qkvWidth()),
                shape.queries(),
                2,
                shape);
    }

    @Override
    public void crossEntropyShard(
            MemorySegment logits, MemorySegment labels, int first, MemorySegment statistics, int n, int v) {
        crossEntropy.statistics(
                floats(logits, n, v),
                ints(labels, n),
                first,
                CpuOps.bytes(statistics, (long) n * STATISTICS_BYTES),
                n,
                v);
    }

    @Override
    public void crossEntropyGradient(
            MemorySegment exponentials,
            MemorySegment labels,
            List<MemorySegment> statistics,
            int shard,
            int first,
            MemorySegment total,
            int n,
            int v) {
        long[] all = new long[statistics.size()];
        for (int u = 0; u < all.length; u++) {
            all[u] = CpuOps.bytes(statistics.get(u), (long) n * STATISTICS_BYTES);
        }
        crossEntropy.gradient(
                floats(exponentials, n, v), ints(labels, n), all, shard, first, CpuOps.bytes(total, 16), n, v);
    }

    @Override
    public void cutRows(MemorySegment from, MemorySegment to, int rows, int length, int first, int count) {
        long source = ints(from, (long) rows * length);
        long target = ints(to, (long) rows * count);
        for (int row = 0; row < rows; row++) {
            Native.copy(source + ((long) row * length + first) * 4, target + (long) row * count * 4, count * 4L);
        }
    }

    @Override
    public void cutDocuments(
            MemorySegment documents,
            MemorySegment relative,
            MemorySegment within,
            int rows,
            int length,
            int first,
            int count) {
        long source = ints(documents, (long) rows * length);
        long targets = ints(relative, (long) rows * count);
        long bounded = ints(within, (long) rows * count);
        for (int i = 0; i < rows * count; i++) {
            int t = first + i % count;
            int start = Native.getInt(source + ((long) (i / count) * length + t) * 4);
            if (start < 0 || start > t) {
                throw new IllegalArgumentException(
                        "position "
                                + t
                                + " of row "
                                + i / count
                                + " cannot belong to a document that starts at "
                                + start);
            }
            Native.putInt(targets + i * 4L, start - first);
            Native.putInt(bounded + i * 4L, Math.max(0, start - first));
        }
    }

    private static int distance(int distance, AttentionShape shape) {
        if (distance < shape.t()) {
            throw new IllegalArgumentException(
                    "a chunk of " + shape.t() + " positions cannot begin " + distance + " before another");
        }
        return distance;
    }

    /// A slice ends with its last column, which is before the end of the weight's last row.
    private static long slice(MemorySegment slice, int stride, int in, int out) {
        if (stride < in) {
            throw new IllegalArgumentException("a slice of " + in + " columns in a weight of " + stride);
        }
        return CpuOps.bytes(slice, ((long) (out - 1) * stride + in) * Float.BYTES);
    }

    private static long floats(MemorySegment segment, long rows, long width) {
        return CpuOps.bytes(segment, rows * width * Float.BYTES);
    }

    private static long ints(MemorySegment segment, long count) {
        return CpuOps.bytes(segment, count * Integer.BYTES);
    }
}
