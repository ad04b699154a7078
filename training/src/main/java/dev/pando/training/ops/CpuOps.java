package dev.pando.training.ops;

import java.lang.foreign.MemorySegment;

/// The operators on a CPU: OpenBLAS for matrix products, the Vector API for the rest, threads of our own.
///
/// Checks sizes and liveness here, once a call; the operators behind it trust their addresses.
public final class CpuOps implements Ops {
    private final TileThreads threads;
    private final Scratch scratch = new Scratch();
    private final Embedding embedding;
    private final RmsNorm rmsNorm;
    private final Rotary rotary;
    private final Attention attention;
    private final SwiGlu swiGlu;
    private final Linear linear;
    private final CrossEntropy crossEntropy;
    private final SpanReduction reduction;
    private final AdamW adamW;
    private final Bfloat16 bfloat16;
    private final Zero zero;

    /// @param name of the device, which its threads are called after
    /// @param count threads that compute, the caller included
    public CpuOps(String name, int count) {
        threads = new TileThreads(name, count);
        embedding = new Embedding(threads);
        rmsNorm = new RmsNorm(threads, scratch);
        rotary = new Rotary(threads);
        attention = new Attention(threads);
        swiGlu = new SwiGlu(threads);
        linear = new Linear(threads);
        crossEntropy = new CrossEntropy(threads, scratch);
        reduction = new SpanReduction(threads, scratch);
        adamW = new AdamW(threads);
        bfloat16 = new Bfloat16(threads);
        zero = new Zero(threads);
    }

    /// What decides this processor's bits besides a job's config: vectors of another width add in another order.
    public static String kind() {
        return "cpu with vectors of " + Floats.LANES + " floats";
    }

    /// Loads the library of matrix products, and says which one it is.
    ///
    /// @throws IllegalStateException if it cannot be loaded
    public static String library() {
        return Blas.library();
    }

    @Override
    public void embed(MemorySegment table, MemorySegment ids, MemorySegment x, int n, int v, int c) {
        embedding.forward(floats(table, v, c), ints(ids, n), floats(x, n, c), n, v, c);
    }

    @Override
    public void embedBackward(MemorySegment dx, MemorySegment ids, MemorySegment dtable, int n, int v, int c) {
        embedding.backward(floats(dx, n, c), ints(ids, n), floats(dtable, v, c), n, v, c);
    }

    @Override
    public void norm(
            MemorySegment x, MemorySegment weight, MemorySegment y, MemorySegment scale, int n, int c, double epsilon) {
        long at = floats(x, n, c);
        rmsNorm.forward(at, 0, at, floats(weight, 1, c), floats(y, n, c), floats(scale, n, 1), n, c, epsilon);
    }

    @Override
    public void addNorm(
            MemorySegment x,
            MemorySegment delta,
            MemorySegment sum,
            MemorySegment weight,
            MemorySegment y,
            MemorySegment scale,
            int n,
            int c,
            double epsilon) {
        rmsNorm.forward(
                floats(x, n, c),
                floats(delta, n, c),
                floats(sum, n, c),
                floats(weight, 1, c),
                floats(y, n, c),
                floats(scale, n, 1),
                n,
                c,
                epsilon);
    }

    @Override
    public void normBackward(
            MemorySegment dy,
            MemorySegment x,
            MemorySegment weight,
            MemorySegment scale,
            MemorySegment dx,
            MemorySegment dweight,
            MemorySegment y,
            int n,
            int c) {
        rmsNorm.backward(
                floats(dy, n, c),
                floats(x, n, c),
                floats(weight, 1, c),
                floats(scale, n, 1),
                floats(dx, n, c),
                floats(dweight, 1, c),
                floats(y, n, c),
                n,
                c);
    }

    @Override
    public void rotate(MemorySegment qkv, MemorySegment documents, RotaryTable table, AttentionShape shape) {
        check(table, shape);
        rotary.forward(floats(qkv, shape.n(), shape.qkvWidth()), ints(documents, shape.n()), 0, table, shape);
    }

    @Override
    public void rotateCached(MemorySegment qkv, int from, RotaryTable table, AttentionShape shape) {
        check(table, shape);
        rotary.forward(floats(qkv, shape.n(), shape.qkvWidth()), 0, from, table, shape);
    }

    @Override
    public void rotateBackward(MemorySegment dqkv, MemorySegment documents, RotaryTable table, AttentionShape shape) {
        check(table, shape);
        rotary.backward(floats(dqkv, shape.n(), shape.qkvWidth()), ints(documents, shape.n()), table, shape);
    }

    @Override
    public void attend(
            MemorySegment qkv,
            MemorySegment documents,
            MemorySegment out,
            MemorySegment logSumExp,
            AttentionShape shape) {
        attention.forward(
                floats(qkv, shape.n(), shape.qkvWidth()),
                documents(documents, shape),
                floats(out, shape.n(), shape.width()),
                floats(logSumExp, shape.n(), shape.heads()),
                shape);
    }

    @Override
    public void attendBackward(
            MemorySegment dout,
            MemorySegment qkv,
            MemorySegment documents,
            MemorySegment out,
            MemorySegment logSumExp,
            MemorySegment dqkv,
            AttentionShape shape) {
        attention.backward(
                floats(dout, shape.n(), shape.width()),
                floats(qkv, shape.n(), shape.qkvWidth()),
                documents(documents, shape),
                floats(out, shape.n(), shape.width()),
                floats(logSumExp, shape.n(), shape.heads()),
                floats(dqkv, shape.n(), shape.qkvWidth()),
                shape);
    }

    @Override
    public void attendCached(
            MemorySegment qkv, MemorySegment cache, int from, MemorySegment out, AttentionShape shape) {
        if (shape.b() != 1 || from < 0) {
            throw new IllegalArgumentException(
                    "a cache belongs to one sequence, from position 0 on; not to " + shape.b() + ", from " + from);
        }
        int width = 2 * shape.headSize();
        long kept = floats(cache, from + shape.n(), shape.kvHeads() * (long) width);
        long fresh = floats(qkv, shape.n(), shape.qkvWidth());
        for (int row = 0; row < shape.n(); row++) {
            for (int group = 0; group < shape.kvHeads(); group++) {
                long source =
                        (long) row * shape.qkvWidth()
                                + (long) group * shape.groupWidth()
                                + (long) shape.queries() * shape.headSize();
                long target = ((long) (from + row) * shape.kvHeads() + group) * width;
                Native.copy(fresh + source * 4, kept + target * 4, width * 4L);
            }
        }
        attention.cached(fresh, kept, from, floats(out, shape.n(), shape.width()), shape);
    }

    @Override
    public void swiglu(MemorySegment gate, MemorySegment up, MemorySegment y, long elements) {
        swiGlu.forward(floats(gate, elements, 1), floats(up, elements, 1), floats(y, elements, 1), elements);
    }

    @Override
    public void swigluBackward(MemorySegment gate, MemorySegment up, MemorySegment dy, long elements) {
        swiGlu.backward(floats(gate, elements, 1), floats(up, elements, 1), floats(dy, elements, 1), elements);
    }

    @Override
    public void linear(MemorySegment x, MemorySegment weight, MemorySegment y, int n, int in, int out) {
        linear.forward(floats(x, n, in), floats(weight, out, in), floats(y, n, out), n, in, out);
    }

    @Override
    public void linearBackward(
            MemorySegment dy, MemorySegment weight, MemorySegment dx, int n, int in, int out, boolean add) {
        linear.backward(floats(dy, n, out), floats(weight, out, in), floats(dx, n, in), n, in, out, add);
    }

    @Override
    public void linearGradient(MemorySegment dy, MemorySegment x, MemorySegment dweight, int n, int in, int out) {
        linear.gradient(floats(dy, n, out), floats(x, n, in), floats(dweight, out, in), n, in, out);
    }

    @Override
    public void crossEntropy(MemorySegment logits, MemorySegment labels, MemorySegment total, int n, int v) {
        crossEntropy.forwardBackward(floats(logits, n, v), ints(labels, n), bytes(total, 16), n, v);
    }

    @Override
    public void narrow(MemorySegment x, MemorySegment narrow, long elements) {
        bfloat16.narrow(floats(x, elements, 1), bytes(narrow, elements * Short.BYTES), elements);
    }

    @Override
    public void widen(MemorySegment narrow, MemorySegment x, long elements) {
        bfloat16.widen(bytes(narrow, elements * Short.BYTES), floats(x, elements, 1), elements);
    }

    @Override
    public double[] squaredNorms(MemorySegment span, long... bounds) {
        return reduction.squaredNorms(floats(span, bounds[bounds.length - 1], 1), bounds);
    }

    @Override
    public long[] digests(MemorySegment span, long... bounds) {
        return reduction.digests(floats(span, bounds[bounds.length - 1], 1), bounds);
    }

    @Override
    public void adamw(
            MemorySegment weights,
            MemorySegment gradient,
            MemorySegment firstMoments,
            MemorySegment secondMoments,
            long elements,
            AdamStep step) {
        adamW.update(
                floats(weights, elements, 1),
                floats(gradient, elements, 1),
                floats(firstMoments, elements, 1),
                floats(secondMoments, elements, 1),
                elements,
                step);
    }

    @Override
    public void add(MemorySegment target, MemorySegment source, long elements) {
        Sums.add(target, source, elements);
    }

    @Override
    public void copy(MemorySegment from, MemorySegment to) {
        if (from.byteSize() != to.byteSize()) {
            throw new IllegalArgumentException(
                    "cannot copy " + from.byteSize() + " bytes into a span of " + to.byteSize());
        }
        MemorySegment.copy(from, 0, to, 0, from.byteSize());
    }

    @Override
    public void zero(MemorySegment span) {
        zero.fill(bytes(span, 0), span.byteSize());
    }

    @Override
    public void finish() {
        // every call has computed when it returns
    }

    @Override
    public void close() {
        threads.close();
        attention.close();
        scratch.close();
    }

    private static long documents(MemorySegment documents, AttentionShape shape) {
        long at = ints(documents, shape.n());
        for (int row = 0; row < shape.n(); row++) {
            int start = Native.getInt(at + row * 4L);
            if (start < 0 || start > row % shape.t()) {
                throw new IllegalArgumentException(
                        "position "
                                + row % shape.t()
                                + " of row "
                                + row / shape.t()
                                + " cannot belong to a document that starts at "
                                + start);
            }
        }
        return at;
    }

    private static void check(RotaryTable table, AttentionShape shape) {
        if (table.half() * 2 != shape.headSize()) {
            throw new IllegalArgumentException(
                    "a rotary table for heads of " + table.half() * 2 + " does not fit heads of " + shape.headSize());
        }
    }

    private static long floats(MemorySegment segment, long rows, long width) {
        return bytes(segment, rows * width * Float.BYTES);
    }

    private static long ints(MemorySegment segment, long count) {
        return bytes(segment, count * Integer.BYTES);
    }

    private static long bytes(MemorySegment segment, long bytes) {
        Native.check(segment);
        if (segment.byteSize() < bytes) {
            throw new IllegalArgumentException(
                    "an operand of " + segment.byteSize() + " bytes where " + bytes + " are needed");
        }
        return segment.address();
    }
}
