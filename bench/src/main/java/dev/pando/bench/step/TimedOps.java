package dev.pando.bench.step;

import dev.pando.training.ops.AdamStep;
import dev.pando.training.ops.AttentionShape;
import dev.pando.training.ops.Ops;
import dev.pando.training.ops.RotaryTable;
import dev.pando.training.tensor.Memory;
import java.lang.foreign.MemorySegment;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;

/// Stands between a trainer and its operators, and takes the time of each: where a step's time goes.
///
/// The work of a call, in the letters of [Ops]: a product of n x k and k x m has 2 n k m operations; attention has its
/// causal half, with no credit for scores that are formed again; bytes are each operand once for each time that the
/// formula reads or writes it, caches or not. Good for a backend whose calls return when they have computed, as the
/// CPU's do.
final class TimedOps implements Ops {
    private static final int FORWARD_PRODUCTS = 2; // q k^T, p v
    private static final int BACKWARD_PRODUCTS = 4; // dp, dq, dk, dv

    private final Ops ops;
    private final Map<String, Meter> meters = new LinkedHashMap<>();

    TimedOps(Ops ops) {
        this.ops = ops;
    }

    /// In the order in which a step first calls them.
    Collection<Meter> meters() {
        return meters.values();
    }

    void reset() {
        meters.clear();
    }

    private void time(String operator, double flops, double floats, Runnable call) {
        long begin = System.nanoTime();
        call.run();
        long end = System.nanoTime();
        meters.computeIfAbsent(operator, Meter::new).add(end - begin, flops, floats * Float.BYTES);
    }

    @Override
    public void embed(MemorySegment table, MemorySegment ids, MemorySegment x, int n, int v, int c) {
        time("embed", 0, 2.0 * n * c, () -> ops.embed(table, ids, x, n, v, c));
    }

    @Override
    public void embedBackward(MemorySegment dx, MemorySegment ids, MemorySegment dtable, int n, int v, int c) {
        time("embed backward", 0, 3.0 * n * c, () -> ops.embedBackward(dx, ids, dtable, n, v, c));
    }

    @Override
    public void norm(
            MemorySegment x, MemorySegment weight, MemorySegment y, MemorySegment scale, int n, int c, double epsilon) {
        time("norm", 0, 2.0 * n * c, () -> ops.norm(x, weight, y, scale, n, c, epsilon));
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
        time("add, norm", 0, 4.0 * n * c, () -> ops.addNorm(x, delta, sum, weight, y, scale, n, c, epsilon));
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
        time("norm backward", 0, 5.0 * n * c, () -> ops.normBackward(dy, x, weight, scale, dx, dweight, y, n, c));
    }

    @Override
    public void rotate(MemorySegment qkv, MemorySegment documents, RotaryTable table, AttentionShape shape) {
        time("rotate", 0, 2 * rotated(shape), () -> ops.rotate(qkv, documents, table, shape));
    }

    @Override
    public void rotateCached(MemorySegment qkv, int from, RotaryTable table, AttentionShape shape) {
        time("rotate, cached", 0, 2 * rotated(shape), () -> ops.rotateCached(qkv, from, table, shape));
    }

    @Override
    public void rotateBackward(MemorySegment dqkv, MemorySegment documents, RotaryTable table, AttentionShape shape) {
        time("rotate backward", 0, 2 * rotated(shape), () -> ops.rotateBackward(dqkv, documents, table, shape));
    }

    private static double rotated(AttentionShape shape) {
        return (double) shape.n() * (shape.heads() + shape.kvHeads()) * shape.headSize();
    }

    @Override
    public void attend(
            MemorySegment qkv,
            MemorySegment documents,
            MemorySegment out,
            MemorySegment logSumExp,
            AttentionShape shape) {
        double floats = (double) shape.n() * (shape.qkvWidth() + shape.width());
        time(
                "attend",
                FORWARD_PRODUCTS * causal(shape),
                floats,
                () -> ops.attend(qkv, documents, out, logSumExp, shape));
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
        double floats = 2.0 * shape.n() * (shape.qkvWidth() + shape.width());
        time(
                "attend backward",
                BACKWARD_PRODUCTS * causal(shape),
                floats,
                () -> ops.attendBackward(dout, qkv, documents, out, logSumExp, dqkv, shape));
    }

    @Override
    public void attendCached(
            MemorySegment qkv, MemorySegment cache, int from, MemorySegment out, AttentionShape shape) {
        double seen = (double) shape.n() * (from + (shape.n() + 1) / 2.0);
        double floats = (double) shape.n() * (shape.qkvWidth() + shape.width());
        time(
                "attend, cached",
                FORWARD_PRODUCTS * 2 * seen * shape.width(),
                floats,
                () -> ops.attendCached(qkv, cache, from, out, shape));
    }

    /// Operations of one product of T x T and the heads' width, of all rows: half of the whole.
    private static double causal(AttentionShape shape) {
        return (double) shape.n() * shape.t() * shape.width();
    }

    @Override
    public void swiglu(MemorySegment gate, MemorySegment up, MemorySegment y, long elements) {
        time("swiglu", 0, 3.0 * elements, () -> ops.swiglu(gate, up, y, elements));
    }

    @Override
    public void swigluBackward(MemorySegment gate, MemorySegment up, MemorySegment dy, long elements) {
        time("swiglu backward", 0, 6.0 * elements, () -> ops.swigluBackward(gate, up, dy, elements));
    }

    @Override
    public void linear(MemorySegment x, MemorySegment weight, MemorySegment y, int n, int in, int out) {
        product("linear", n, in, out, () -> ops.linear(x, weight, y, n, in, out));
    }

    @Override
    public void linearBackward(
            MemorySegment dy, MemorySegment weight, MemorySegment dx, int n, int in, int out, boolean add) {
        product("linear backward", n, in, out, () -> ops.linearBackward(dy, weight, dx, n, in, out, add));
    }

    @Override
    public void linearGradient(MemorySegment dy, MemorySegment x, MemorySegment dweight, int n, int in, int out) {
        product("linear gradient", n, in, out, () -> ops.linearGradient(dy, x, dweight, n, in, out));
    }

    private void product(String operator, int n, int in, int out, Runnable call) {
        double floats = (double) n * in + (double) n * out + (double) in * out;
        time(operator + " " + in + " to " + out, 2.0 * n * in * out, floats, call);
    }

    @Override
    public void crossEntropy(MemorySegment logits, MemorySegment labels, MemorySegment total, int n, int v) {
        time("cross-entropy", 0, 2.0 * n * v, () -> ops.crossEntropy(logits, labels, total, n, v));
    }

    @Override
    public void narrow(MemorySegment x, MemorySegment narrow, long elements) {
        time("narrow", 0, 2.5 * elements, () -> ops.narrow(x, narrow, elements));
    }

    @Override
    public void widen(MemorySegment narrow, MemorySegment x, long elements) {
        time("widen", 0, 1.5 * elements, () -> ops.widen(narrow, x, elements));
    }

    @Override
    public double[] squaredNorms(MemorySegment span, long... bounds) {
        double[][] norms = new double[1][];
        time("squared norm", 0, bounds[bounds.length - 1], () -> norms[0] = ops.squaredNorms(span, bounds));
        return norms[0];
    }

    @Override
    public long[] digests(MemorySegment span, long... bounds) {
        long[][] digests = new long[1][];
        time("digest", 0, bounds[bounds.length - 1], () -> digests[0] = ops.digests(span, bounds));
        return digests[0];
    }

    @Override
    public void adamw(
            MemorySegment weights,
            MemorySegment gradient,
            MemorySegment firstMoments,
            MemorySegment secondMoments,
            long elements,
            AdamStep step) {
        time(
                "AdamW",
                0,
                7.0 * elements,
                () -> ops.adamw(weights, gradient, firstMoments, secondMoments, elements, step));
    }

    @Override
    public void zero(MemorySegment span) {
        time("zero", 0, (double) span.byteSize() / Float.BYTES, () -> ops.zero(span));
    }

    @Override
    public void add(MemorySegment target, MemorySegment source, long elements) {
        time("add", elements, 3.0 * elements, () -> ops.add(target, source, elements));
    }

    @Override
    public boolean reaches(MemorySegment span) {
        return ops.reaches(span);
    }

    @Override
    public Memory hostMemory(Memory memory) {
        return ops.hostMemory(memory);
    }

    @Override
    public void copy(MemorySegment from, MemorySegment to) {
        time("copy", 0, (double) from.byteSize() / Float.BYTES, () -> ops.copy(from, to));
    }

    @Override
    public void finish() {
        ops.finish();
    }

    @Override
    public void close() {
        ops.close();
    }
}
