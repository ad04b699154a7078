package dev.pando.bench.gpu;

import dev.pando.bench.Spread;
import dev.pando.cuda.CudaOps;
import dev.pando.training.ops.AdamStep;
import dev.pando.training.ops.AttentionShape;
import dev.pando.training.tensor.Memory;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/// Times single operators at a model's sizes, by the device's own events, beside what the device reaches at best: one
/// large product, one large copy.
final class GpuKernels implements AutoCloseable {
    private static final int WARM_UP = 3;
    private static final int TIMES = 10;

    /// @param rate in TFLOP/s or TB/s
    /// @param ceiling that the rate is a share of
    record Timing(String name, double seconds, double rate, String unit, double ceiling) {
        double share() {
            return rate / ceiling;
        }
    }

    private final CudaOps ops;
    private final Memory memory;
    private final GpuWork work;
    private final List<Timing> timings = new ArrayList<>();
    private double flopsCeiling;
    private double bytesCeiling;

    GpuKernels(GpuWork work, int ordinal) {
        this.work = work;
        this.ops = CudaOps.open(ordinal);
        this.memory = ops.memory();
    }

    /// @param side of the large product's matrices
    /// @param bytes of the large copy
    List<Timing> run(int side, long bytes) {
        ceilings(side, bytes);
        int n = work.tokens();
        int c = work.model().hidden();
        int f = work.model().intermediate();
        products(n, c, f);
        attention();
        MemorySegment x = floats("x", n, c);
        MemorySegment y = floats("y", n, c);
        MemorySegment dx = floats("dx", n, c);
        MemorySegment weight = floats("weight", 1, c);
        MemorySegment gradient = floats("gradient", 1, c);
        MemorySegment scale = floats("scale", n, 1);
        double line = 4.0 * n * c;
        bytes("add and norm", 4 * line, () -> ops.addNorm(x, dx, y, weight, dx, scale, n, c, 1e-5));
        bytes("norm backward", 7 * line, () -> ops.normBackward(y, x, weight, scale, dx, gradient, y, n, c));
        MemorySegment gate = floats("gate", n, f);
        MemorySegment up = floats("up", n, f);
        MemorySegment act = floats("act", n, f);
        long wide = (long) n * f;
        bytes("SwiGLU", 12.0 * wide, () -> ops.swiglu(gate, up, act, wide));
        bytes("SwiGLU backward", 24.0 * wide, () -> ops.swigluBackward(gate, up, act, wide));
        int rows = Math.min(n, 512);
        int v = work.model().vocabulary();
        MemorySegment logits = floats("logits", rows, v);
        MemorySegment labels = floats("labels", rows, 1);
        MemorySegment total = floats("total", 4, 1);
        bytes("cross-entropy", 8.0 * rows * v, () -> ops.crossEntropy(logits, labels, total, rows, v));
        long elements = wide * 4;
        List<MemorySegment> state = new ArrayList<>();
        for (String name : List.of("weights", "gradient", "first moments", "second moments")) {
            state.add(floats(name, elements, 1));
        }
        AdamStep step = new AdamStep(1e-4, 0.9, 0.95, 1e-8, 0.1, 1, 1);
        bytes(
                "AdamW",
                30.0 * elements,
                () -> ops.adamw(state.get(0), state.get(1), state.get(2), state.get(3), elements, step));
        return timings;
    }

    private void ceilings(int side, long bytes) {
        MemorySegment a = floats("a", side, side);
        MemorySegment b = floats("b", side, side);
        MemorySegment c = floats("c", side, side);
        double flop = 2.0 * side * side * side;
        flopsCeiling = flop / seconds(() -> ops.linear(a, b, c, side, side, side)) / 1e12;
        timings.add(new Timing("product " + side, flop / flopsCeiling / 1e12, flopsCeiling, "TFLOP/s", flopsCeiling));
        MemorySegment from = memory.allocate("copied", bytes);
        MemorySegment to = memory.allocate("copy", bytes);
        bytesCeiling = 2.0 * bytes / seconds(() -> ops.copy(from, to)) / 1e12;
        timings.add(new Timing("copy", 2.0 * bytes / bytesCeiling / 1e12, bytesCeiling, "TB/s", bytesCeiling));
    }

    private void products(int n, int c, int f) {
        MemorySegment x = floats("x", n, c);
        MemorySegment weight = floats("weight", f, c);
        MemorySegment y = floats("y", n, f);
        double flop = 2.0 * n * c * f;
        flops(
                "linear, rounding included",
                flop,
                () -> {
                    ops.zero(x); // what is written to is rounded again
                    ops.linear(x, weight, y, n, c, f);
                });
        flops("linear backward", flop, () -> ops.linearBackward(y, weight, x, n, c, f, false));
        flops("linear gradient", flop, () -> ops.linearGradient(y, x, weight, n, c, f));
    }

    private void attention() {
        var model = work.model();
        AttentionShape shape =
                new AttentionShape(work.rows(), work.length(), model.heads(), model.kvHeads(), model.headSize());
        MemorySegment qkv = floats("qkv", shape.n(), shape.qkvWidth());
        MemorySegment dqkv = floats("dqkv", shape.n(), shape.qkvWidth());
        MemorySegment documents = floats("documents", shape.n(), 1);
        MemorySegment out = floats("attended", shape.n(), shape.width());
        MemorySegment logSumExp = floats("log-sum-exp", shape.n(), shape.heads());
        double layer = work.attentionFlops(1) / model.layers();
        flops("attention", 2 * layer, () -> ops.attend(qkv, documents, out, logSumExp, shape));
        flops(
                "attention backward",
                4 * layer,
                () -> ops.attendBackward(out, qkv, documents, out, logSumExp, dqkv, shape));
    }

    private void flops(String name, double flop, Runnable call) {
        double seconds = seconds(call);
        timings.add(new Timing(name, seconds, flop / seconds / 1e12, "TFLOP/s", flopsCeiling));
    }

    private void bytes(String name, double bytes, Runnable call) {
        double seconds = seconds(call);
        timings.add(new Timing(name, seconds, bytes / seconds / 1e12, "TB/s", bytesCeiling));
    }

    private double seconds(Runnable call) {
        for (int i = 0; i < WARM_UP; i++) {
            call.run();
        }
        double[] samples = new double[TIMES];
        for (int i = 0; i < TIMES; i++) {
            samples[i] = ops.time(call);
        }
        return Spread.median(samples);
    }

    private MemorySegment floats(String name, long rows, long width) {
        return memory.allocate(name, rows * width * Float.BYTES);
    }

    @Override
    public void close() {
        ops.close();
    }
}
