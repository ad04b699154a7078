package dev.pando.training.ops;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/// AdamW in one pass over weights, gradient and moments. See [AdamStep].
final class AdamW {
    private static final int TILE = 1 << 15;

    private final Lanes lanes;
    private final Lanes.Work work = this::tile;

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

    AdamW(Lanes lanes) {
        this.lanes = lanes;
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
        lanes.run(work, (int) Math.ceilDiv(elements, TILE));
    }

    private void tile(int tile, int lane) {
        long from = (long) tile * TILE;
        int count = (int) Math.min(TILE, elements - from);
        long at = from * 4;
        int whole = (int) Floats.whole(count);
        for (int i = 0; i < whole; i += Floats.LANES) {
            long here = at + i * 4L;
            FloatVector gradient = Floats.load(g + here).mul(scale);
            FloatVector first = Floats.load(m + here).mul(beta1).add(gradient.mul(rest1));
            FloatVector second = Floats.load(v + here).mul(beta2).add(gradient.mul(gradient).mul(rest2));
            Floats.store(first, m + here);
            Floats.store(second, v + here);
            Floats.store(moved(Floats.load(w + here), first, second), w + here);
        }
        if (whole < count) {
            VectorMask<Float> mask = Floats.first(count - whole);
            long here = at + whole * 4L;
            FloatVector gradient = Floats.load(g + here, mask).mul(scale);
            FloatVector first = Floats.load(m + here, mask).mul(beta1).add(gradient.mul(rest1));
            FloatVector second = Floats.load(v + here, mask).mul(beta2).add(gradient.mul(gradient).mul(rest2));
            Floats.store(first, m + here, mask);
            Floats.store(second, v + here, mask);
            Floats.store(moved(Floats.load(w + here, mask), first, second), w + here, mask);
        }
    }

    private FloatVector moved(FloatVector weight, FloatVector first, FloatVector second) {
        FloatVector size = second.sqrt().mul(rootCorrection).add(epsilon);
        return weight.mul(keep).sub(first.mul(stepSize).div(size));
    }
}
