package dev.pando.training.ops;

import jdk.incubator.vector.FloatVector;

/// One query's scores against a tile of keys: the softmax of [Attention], forward and backward, on whole vectors.
///
/// A line has room for whole vectors. What a query may not see is set to minus infinity where a vector needs it, and to
/// 0 where none does.
final class ScoreLine {
    private ScoreLine() {}

    /// Turns scores into exponentials below the running maximum; columns outside [from, to) become 0.
    ///
    /// @param width columns that are used
    /// @param topAt address of the running maximum
    /// @param sumAt address of the running sum
    /// @return what older sums have to be multiplied with, because the maximum grew
    static float softmax(long line, int from, int to, int width, long topAt, long sumAt) {
        int first = Math.max(0, from);
        int end = Math.min(width, to);
        if (first >= end) {
            Native.zero(line, width * 4L);
            return 1f;
        }
        int start = first & -Floats.LANES;
        int stop = roundUp(end);
        conceal(line, first, end);
        float before = Native.get(topAt);
        float top = Math.max(before, maxLoop(line, start, stop));
        float shrink = before == top ? 1f : Floats.exp(before - top);
        float sum = exponentialsLoop(line, start, stop, top);
        clear(line, start, stop, width);
        Native.put(topAt, top);
        Native.put(sumAt, Native.get(sumAt) * shrink + sum);
        return shrink;
    }

    /// Scores become probabilities, and gradients of probabilities become gradients of unscaled scores; 0 outside
    /// [from, to).
    static void backward(long scores, long slopes, int from, int to, int width, float lse, float delta, float scale) {
        int first = Math.clamp(from, 0, width);
        int end = Math.clamp(to, first, width);
        int start = first & -Floats.LANES;
        int stop = first == end ? start : roundUp(end);
        if (first < end) {
            conceal(scores, first, end);
            gradientsLoop(scores, slopes, start, stop, lse, delta, scale);
        }
        clear(scores, start, stop, width);
        clear(slopes, start, stop, width);
    }

    private static float maxLoop(long line, int start, int stop) {
        FloatVector top = Floats.load(line + start * 4L);
        for (int i = start + Floats.LANES; i < stop; i += Floats.LANES) {
            top = top.max(Floats.load(line + i * 4L));
        }
        return Floats.max(top);
    }

    private static float exponentialsLoop(long line, int start, int stop, float top) {
        FloatVector sum = Floats.of(0);
        for (int i = start; i < stop; i += Floats.LANES) {
            FloatVector e = Floats.exp(Floats.load(line + i * 4L).sub(top));
            Floats.store(e, line + i * 4L);
            sum = sum.add(e);
        }
        return Floats.sum(sum);
    }

    private static void gradientsLoop(
            long scores, long slopes, int start, int stop, float lse, float delta, float scale) {
        for (int i = start; i < stop; i += Floats.LANES) {
            FloatVector p = Floats.exp(Floats.load(scores + i * 4L).sub(lse));
            FloatVector ds = p.mul(Floats.load(slopes + i * 4L).sub(delta)).mul(scale);
            Floats.store(p, scores + i * 4L);
            Floats.store(ds, slopes + i * 4L);
        }
    }

    /// Hides what shares a vector with [first, end).
    private static void conceal(long line, int first, int end) {
        for (int i = first & -Floats.LANES; i < first; i++) {
            Native.put(line + i * 4L, Float.NEGATIVE_INFINITY);
        }
        for (int i = end; i < roundUp(end); i++) {
            Native.put(line + i * 4L, Float.NEGATIVE_INFINITY);
        }
    }

    // two elements at a time; start and stop are multiples of a vector's length
    private static void clear(long line, int start, int stop, int width) {
        for (int i = 0; i < start; i += 2) {
            Native.putLong(line + i * 4L, 0);
        }
        for (int i = stop; i < width; i += 2) {
            Native.putLong(line + i * 4L, 0);
        }
    }

    private static int roundUp(int count) {
        return (count + Floats.LANES - 1) & -Floats.LANES;
    }
}
