package dev.pando.training.ops;

import dev.pando.training.tensor.Memory;
import java.lang.foreign.MemorySegment;

/// All the arithmetic of a model, on one device: what a backend must provide for a `Trainer` to run on it.
///
/// Operators come in pairs, forward and backward facing each other. Every span is row-major float32 in the device's own
/// memory unless said otherwise. A backward operator *adds* to gradients of weights and says where it adds elsewhere.
///
/// Letters: B rows of a microbatch, T positions of a row, N = B T, C width of the residual stream, H query heads, K key
/// and value heads, V vocabulary, L layers. `in` and `out` are the widths of a linear map, F that of the feed-forward
/// layer, D = C / H the size of a head.
///
/// Bits are the same for any number of threads and from call to call. Calls return when the result can be used by the
/// next call; [#finish()] says when the host may read it. One thread calls.
public interface Ops extends AutoCloseable {
    /// Rows of a table: `x[n] = table[ids[n]]`.
    ///
    /// | table | ids | x |
    /// | --- | --- | --- |
    /// | V C | N int32 | N C |
    void embed(MemorySegment table, MemorySegment ids, MemorySegment x, int n, int v, int c);

    /// `dtable[ids[n]] += dx[n]`, in the order of n.
    void embedBackward(MemorySegment dx, MemorySegment ids, MemorySegment dtable, int n, int v, int c);

    /// RMSNorm: `y = x s weight` with `s = 1 / sqrt(mean(x^2) + epsilon)` for each row.
    ///
    /// | x, y | weight | scale |
    /// | --- | --- | --- |
    /// | N C | C | N, receives s |
    void norm(
            MemorySegment x, MemorySegment weight, MemorySegment y, MemorySegment scale, int n, int c, double epsilon);

    /// The next sum of the residual stream and its norm in one pass: `sum = x + delta`, then [#norm] of `sum`.
    void addNorm(
            MemorySegment x,
            MemorySegment delta,
            MemorySegment sum,
            MemorySegment weight,
            MemorySegment y,
            MemorySegment scale,
            int n,
            int c,
            double epsilon);

    /// `dx += s (weight dy - x s^2 mean(dy weight x))`, `dweight += sum over n of dy x s`.
    ///
    /// @param y receives what the forward operator gave, so that it need not be kept
    void normBackward(
            MemorySegment dy,
            MemorySegment x,
            MemorySegment weight,
            MemorySegment scale,
            MemorySegment dx,
            MemorySegment dweight,
            MemorySegment y,
            int n,
            int c);

    /// Rotary embedding in place: lanes i and i + D/2 of every query and key head turn by the angle of their position
    /// in the document ("rotate half"). Values stay.
    ///
    /// | qkv | documents |
    /// | --- | --- |
    /// | N (K groups of H/K queries, a key, a value; D each) | N int32, see `Sampler.Microbatch` |
    void rotate(MemorySegment qkv, MemorySegment documents, RotaryTable table, AttentionShape shape);

    /// [#rotate] for new positions of one sequence, the first of which is `from`.
    void rotateCached(MemorySegment qkv, int from, RotaryTable table, AttentionShape shape);

    /// The transpose: turns back by the same angles.
    void rotateBackward(MemorySegment dqkv, MemorySegment documents, RotaryTable table, AttentionShape shape);

    /// Causal attention with grouped queries inside documents: position t sees `[documents[t], t]`, and `out =
    /// softmax(q k^T / sqrt(D)) v`, tile by tile.
    ///
    /// | qkv | documents | out | logSumExp |
    /// | --- | --- | --- | --- |
    /// | as in [#rotate] | N int32 | N C | N H, of the scaled scores |
    void attend(
            MemorySegment qkv,
            MemorySegment documents,
            MemorySegment out,
            MemorySegment logSumExp,
            AttentionShape shape);

    /// Forms the scores again and overwrites `dqkv`.
    void attendBackward(
            MemorySegment dout,
            MemorySegment qkv,
            MemorySegment documents,
            MemorySegment out,
            MemorySegment logSumExp,
            MemorySegment dqkv,
            AttentionShape shape);

    /// [#attend] for new positions of one sequence whose older keys and values are kept; moves the new ones there
    /// first.
    ///
    /// | qkv | cache | out |
    /// | --- | --- | --- |
    /// | `shape.n()` new positions, rotated | at least `from` + n rows of (K groups of a key, a value; D each) | n C |
    ///
    /// @param from position of the first new row
    void attendCached(MemorySegment qkv, MemorySegment cache, int from, MemorySegment out, AttentionShape shape);

    /// `y = silu(gate) up` with `silu(g) = g / (1 + e^-g)`.
    ///
    /// | gate, up, y |
    /// | --- |
    /// | any number of elements |
    void swiglu(MemorySegment gate, MemorySegment up, MemorySegment y, long elements);

    /// In place: `gate` becomes dgate, `up` becomes dup, and `dy` becomes y, which the next weight gradient needs.
    void swigluBackward(MemorySegment gate, MemorySegment up, MemorySegment dy, long elements);

    /// `y = x weight^T`.
    ///
    /// | x | weight | y |
    /// | --- | --- | --- |
    /// | N in | out in | N out |
    void linear(MemorySegment x, MemorySegment weight, MemorySegment y, int n, int in, int out);

    /// `dx = dy weight`, or `dx += dy weight`.
    void linearBackward(MemorySegment dy, MemorySegment weight, MemorySegment dx, int n, int in, int out, boolean add);

    /// `dweight += dy^T x`.
    void linearGradient(MemorySegment dy, MemorySegment x, MemorySegment dweight, int n, int in, int out);

    /// Summed cross-entropy of softmax, forward and backward in one: logits become the gradient of the sum.
    ///
    /// | logits | labels | total |
    /// | --- | --- | --- |
    /// | N V | N int32, -100 does not count | float64 sum in nats, int64 count; both are added to |
    void crossEntropy(MemorySegment logits, MemorySegment labels, MemorySegment total, int n, int v);

    /// Rounds `x` in place to the nearest bfloat16, ties to even, and stores the upper halves in `narrow`.
    ///
    /// | x | narrow |
    /// | --- | --- |
    /// | any number of elements | as many bfloat16 |
    void narrow(MemorySegment x, MemorySegment narrow, long elements);

    /// The other way, exactly.
    void widen(MemorySegment narrow, MemorySegment x, long elements);

    /// Sums of squares in float64, one for each part of a span. A sum depends on the part's own elements alone, so that
    /// a device that holds the part and nothing else gets the same bits.
    ///
    /// @param bounds first element of each part, ascending, then the end of the last; multiples of 16
    double[] squaredNorms(MemorySegment span, long... bounds);

    /// 64 bits for each part of a span that differ, in all likelihood, when any bit of the part does.
    ///
    /// @param bounds as in [#squaredNorms]
    long[] digests(MemorySegment span, long... bounds);

    /// [#squaredNorms] of a span that is one part.
    default double squaredNorm(MemorySegment span, long elements) {
        return squaredNorms(span, 0, elements)[0];
    }

    /// [#digests] of a span that is one part.
    default long digest(MemorySegment span, long elements) {
        return digests(span, 0, elements)[0];
    }

    /// One AdamW update of neighbouring elements, see [AdamStep].
    void adamw(
            MemorySegment weights,
            MemorySegment gradient,
            MemorySegment firstMoments,
            MemorySegment secondMoments,
            long elements,
            AdamStep step);

    /// `target += source`, one addition an element: how gradients are added along the tree of batch shards.
    void add(MemorySegment target, MemorySegment source, long elements);

    /// Sets all bits to 0.
    void zero(MemorySegment span);

    /// Says that a span holds weights, which many products read between two updates: a device may keep them in another
    /// form besides. Asked once, before the first of these products.
    default void holdsWeights(MemorySegment span) {}

    /// Whether operators can work on a span where it lies. If not, it is of the host, and [#copy] takes it across.
    default boolean reaches(MemorySegment span) {
        return true;
    }

    /// Memory that the host can read and write, and that is quick to copy from and to.
    ///
    /// @param memory in which the operators work; itself the answer where host and device share it
    default Memory hostMemory(Memory memory) {
        return memory;
    }

    /// Copies spans of one size, between host and device or within either, in the order of calls. The host may read
    /// what has come, and write over what has gone, after [#finish()].
    void copy(MemorySegment from, MemorySegment to);

    /// Runs operators that will run again on the same spans: a device may remember them the first times, and then do
    /// all of them at one request.
    ///
    /// @param key of this sequence of calls, compared by identity
    /// @param calls operators alone, the same ones each time
    default void repeat(Object key, Runnable calls) {
        calls.run();
    }

    /// Waits until the host may read what the calls before have written.
    void finish();

    @Override
    void close();
}
