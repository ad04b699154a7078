package dev.pando.training.ops;

import jdk.incubator.vector.FloatVector;

/// AdamW in one pass over weights, gradient and moments. See [AdamStep].
final class AdamW {
    private static final int TILE = 1 << 15;

    private final TileThreads threads;
    private final TileThreads.Work work = this::tile;

    private long w;
    private long g;
    private long m;
    private long v;
    private long elements;
    private float keep;
    private float scale;
    private float beta1;
    private float beta2;
    private float rest1;
    private float rest2;
    private float stepSize;
    private float rootCorrection;
    private float epsilon;

    AdamW(TileThreads threads) {
        this.threads = threads;
    }

    void update(long w, long g, long m, long v, long elements, AdamStep step) {
        this.w = w;
        this.g = g;
        this.m = m;
        this.v = v;
        this.elements = elements;
        keep = (float) (1 - step.learningRate() * step.weightDecay());
        scale = (float) step.gradientScale();
        beta1 = (float) step.beta1();
        beta2 = (float) step.beta2();
        rest1 = (float) (1 - step.beta1());
        rest2 = (float) (1 - step.beta2());
        stepSize = (float) (step.learningRate() / step.firstCorrection());
        rootCorrection = (float) (1 / Math.sqrt(step.secondCorrection()));
        epsilon = (float) step.epsilon();
        threads.run(work, (int) Math.ceilDiv(elements, TILE));
    }

    private void tile(int tile, int lane) {
        long from = (long) tile * TILE;
        int count = (int) Math.min(TILE, elements - from);
        long at = from * 4;
        int whole = (int) Floats.whole(count);
        updateLoop(at, whole);
        rest(at + whole * 4L, count - whole);
    }

    private void updateLoop(long at, int count) {
        FloatVector scales = Floats.of(scale);
        FloatVector keeps = Floats.of(keep);
        FloatVector steps = Floats.of(stepSize);
        for (int i = 0; i < count; i += Floats.LANES) {
            long here = at + i * 4L;
            FloatVector gradient = Floats.load(g + here).mul(scales);
            FloatVector first = Floats.load(m + here).mul(beta1).add(gradient.mul(rest1));
            FloatVector second = Floats.load(v + here).mul(beta2).add(gradient.mul(gradient).mul(rest2));
            Floats.store(first, m + here);
            Floats.store(second, v + here);
            FloatVector size = second.sqrt().mul(rootCorrection).add(epsilon);
            Floats.store(Floats.load(w + here).mul(keeps).sub(first.mul(steps).div(size)), w + here);
        }
    }

    private void rest(long at, int count) {
        for (int i = 0; i < count; i++) {
            long here = at + i * 4L;
            float gradient = Native.get(g + here) * scale;
            float first = Native.get(m + here) * beta1 + gradient * rest1;
            float second = Native.get(v + here) * beta2 + gradient * gradient * rest2;
            Native.put(m + here, first);
            Native.put(v + here, second);
            float size = (float) Math.sqrt(second) * rootCorrection + epsilon;
            Native.put(w + here, Native.get(w + here) * keep - first * stepSize / size);
        }
    }
}
