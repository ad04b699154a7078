package dev.pando.cuda;

import dev.pando.cuda.Device.Grid;
import dev.pando.training.ops.AdamStep;
import dev.pando.training.ops.AttentionShape;
import dev.pando.training.ops.Ops;
import dev.pando.training.ops.RotaryTable;
import dev.pando.training.tensor.Memory;
import dev.pando.training.tensor.MemoryPlan;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Consumer;

// Long because it is one method for each operator of the interface.

/// The operators on an NVIDIA GPU: cuBLASLt or a kernel of our own for matrix products, our kernels for the rest.
///
/// Spans are float32; operands of matrix products and of attention are rounded to bfloat16 on their way into the tensor
/// cores, sums are float32. Each sum runs along a fixed tree, so equal calls give equal bits on equal GPUs with equal
/// libraries. What is wrong with the input (a token outside the vocabulary) is found by the GPU and told by
/// [#finish()].
public final class CudaOps implements Ops {
    /// What the driver is left for itself when a plan is taken: graphs, kernels of cuBLASLt that it loads when they are
    /// first wanted.
    public static final long DRIVERS_SHARE = 256L << 20;

    private static final int NORM_ROWS = 32;
    private static final long SPAN_TILE = 1 << 16;

    /// Parts of a span that are reduced between two looks at the device.
    private static final int RESULTS = 1024;

    private final Device device;
    private final DeviceMemory memory;
    private final PageLocked hosts;
    private final Bfloat16Cache rounded;
    private final Kernels kernels;
    private final KernelErrors complaints;
    private final MatrixProducts products;
    private final AttentionKernels attention;
    private final GraphCache recordings;
    private final MemorySegment result;
    private final MemorySegment answer; // the same on the host

    private CudaOps(Device device, Optional<MatrixProducts.Multiplier> library) {
        this.device = device;
        memory = new DeviceMemory(device);
        hosts = new PageLocked(device);
        rounded = new Bfloat16Cache(device, memory);
        kernels = new Kernels(device, memory, rounded);
        complaints = new KernelErrors(device, memory, hosts);
        products =
                library.<MatrixProducts>map(lt -> MatrixProducts.ByLibrary.of(lt, device, memory, rounded))
                        .orElseGet(() -> new MatrixProducts.ByOurKernel(device));
        attention = new AttentionKernels(kernels, complaints);
        recordings = new GraphCache(device, rounded, hosts);
        result = memory.allocate("workspaces: result", (long) RESULTS * Long.BYTES);
        answer = hosts.allocate("result", (long) RESULTS * Long.BYTES);
    }

    /// Opens a GPU: a new context, in which everything lives until it is closed.
    ///
    /// @param ordinal as in `cuda:0`
    /// @throws CudaException if the driver refuses
    public static CudaOps open(int ordinal) {
        return open(ordinal, CublasLibrary.find().map(CublasLibrary.Found::file));
    }

    static CudaOps open(int ordinal, Optional<String> library) {
        CudaDevice device = new CudaDevice(ordinal);
        try {
            return new CudaOps(device, library.map(CublasLt::new));
        } catch (RuntimeException refused) {
            device.close(); // its memory is worth giving back
            throw refused;
        }
    }

    /// The same with matrix products by our own kernel, whatever is installed: slower, and dependent on nothing.
    public static CudaOps openWithoutLibraries(int ordinal) {
        return open(ordinal, Optional.empty());
    }

    /// What some work will hold on a GPU in the end: the same code asks for it, in a dry run without a GPU.
    ///
    /// @param withLibrary whether cuBLASLt would multiply; it takes more memory than our own kernel
    /// @param work does with these operators and their memory what the job will do; it reads no results
    public static MemoryPlan plan(boolean withLibrary, Consumer<CudaOps> work) {
        Optional<MatrixProducts.Multiplier> library =
                withLibrary ? Optional.of(new DryRunProducts()) : Optional.empty();
        try (CudaOps ops = new CudaOps(new DryRunDevice(), library)) {
            work.accept(ops);
            return ops.holding();
        }
    }

    /// Takes all the memory that a job will need before its first step.
    ///
    /// @param whole what will be held in the end, see [#plan]
    /// @throws CudaException.OutOfMemory if there is no room
    public void reserve(MemoryPlan whole) {
        memory.reserve(whole, DRIVERS_SHARE);
    }

    /// The memory in which these operators work. Frees itself when they are closed.
    public Memory memory() {
        return memory;
    }

    /// What lies on the device, and what for: what it comes to at the end is the most that there was, since nothing is
    /// given back before.
    public MemoryPlan holding() {
        return memory.holding();
    }

    /// Bytes taken from the device, those of a plan that are not used yet included.
    public long held() {
        return memory.taken();
    }

    /// Bytes of the device that are in use by any process, those of the driver included.
    public long used() {
        Device.Room room = device.room();
        return room.total() - room.free();
    }

    /// What multiplies matrices.
    public String products() {
        return products.name();
    }

    /// Whether a library does.
    public boolean hasLibrary() {
        return products instanceof MatrixProducts.ByLibrary;
    }

    /// Waits for what `calls` ask for.
    ///
    /// @return seconds that it took on the device
    public double time(Runnable calls) {
        return device.time(calls);
    }

    @Override
    public void embed(MemorySegment table, MemorySegment ids, MemorySegment x, int n, int v, int c) {
        kernels.run(
                "pando_embed",
                n,
                kernels.in(table, v, c),
                kernels.ints(ids, n),
                kernels.out(x, n, c),
                c,
                v,
                complaints.ofVocabulary(v));
    }

    @Override
    public void embedBackward(MemorySegment dx, MemorySegment ids, MemorySegment dtable, int n, int v, int c) {
        kernels.run(
                "pando_embed_backward",
                n,
                kernels.in(dx, n, c),
                kernels.ints(ids, n),
                kernels.out(dtable, v, c),
                n,
                c,
                v);
    }

    @Override
    public void norm(
            MemorySegment x, MemorySegment weight, MemorySegment y, MemorySegment scale, int n, int c, double epsilon) {
        kernels.run(
                "pando_norm",
                n,
                kernels.in(x, n, c),
                0L,
                0L,
                kernels.in(weight, 1, c),
                kernels.out(y, n, c),
                kernels.out(scale, n, 1),
                c,
                epsilon);
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
        kernels.run(
                "pando_norm",
                n,
                kernels.in(x, n, c),
                kernels.in(delta, n, c),
                kernels.out(sum, n, c),
                kernels.in(weight, 1, c),
                kernels.out(y, n, c),
                kernels.out(scale, n, 1),
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
        kernels.run(
                "pando_norm_backward",
                n,
                kernels.in(dy, n, c),
                kernels.in(x, n, c),
                kernels.in(weight, 1, c),
                kernels.in(scale, n, 1),
                kernels.out(dx, n, c),
                kernels.out(y, n, c),
                c);
        int runs = Math.ceilDiv(n, NORM_ROWS);
        int columns = Kernels.blocks(c, Kernels.THREADS);
        long partial = kernels.scratch((long) runs * c * Float.BYTES);
        kernels.run(
                "pando_norm_gradient",
                new Grid(columns, runs, 1),
                Kernels.THREADS,
                0,
                kernels.in(dy, n, c),
                kernels.in(x, n, c),
                kernels.in(scale, n, 1),
                partial,
                n,
                c);
        kernels.run("pando_add_rows", columns, partial, kernels.out(dweight, 1, c), runs, c);
    }

    @Override
    public void rotate(MemorySegment qkv, MemorySegment documents, RotaryTable table, AttentionShape shape) {
        attention.rotate(qkv, kernels.ints(documents, shape.n()), 0, 1f, table, shape);
    }

    @Override
    public void rotateCached(MemorySegment qkv, int from, RotaryTable table, AttentionShape shape) {
        attention.rotate(qkv, 0, from, 1f, table, shape);
    }

    @Override
    public void rotateBackward(MemorySegment dqkv, MemorySegment documents, RotaryTable table, AttentionShape shape) {
        attention.rotate(dqkv, kernels.ints(documents, shape.n()), 0, -1f, table, shape);
    }

    @Override
    public void attend(
            MemorySegment qkv,
            MemorySegment documents,
            MemorySegment out,
            MemorySegment logSumExp,
            AttentionShape shape) {
        attention.attend(qkv, documents, out, logSumExp, shape);
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
        attention.attendBackward(dout, qkv, documents, out, logSumExp, dqkv, shape);
    }

    @Override
    public void attendCached(
            MemorySegment qkv, MemorySegment cache, int from, MemorySegment out, AttentionShape shape) {
        attention.attendCached(qkv, cache, from, out, shape);
    }

    @Override
    public void swiglu(MemorySegment gate, MemorySegment up, MemorySegment y, long elements) {
        kernels.runOver(
                elements,
                "pando_swiglu",
                kernels.in(gate, elements, 1),
                kernels.in(up, elements, 1),
                kernels.out(y, elements, 1),
                elements);
    }

    @Override
    public void swigluBackward(MemorySegment gate, MemorySegment up, MemorySegment dy, long elements) {
        kernels.runOver(
                elements,
                "pando_swiglu_backward",
                kernels.out(gate, elements, 1),
                kernels.out(up, elements, 1),
                kernels.out(dy, elements, 1),
                elements);
    }

    @Override
    public void linear(MemorySegment x, MemorySegment weight, MemorySegment y, int n, int in, int out) {
        products.forward(kernels.in(x, n, in), kernels.in(weight, out, in), kernels.out(y, n, out), n, in, out);
    }

    @Override
    public void linearBackward(
            MemorySegment dy, MemorySegment weight, MemorySegment dx, int n, int in, int out, boolean add) {
        products.backward(kernels.in(dy, n, out), kernels.in(weight, out, in), kernels.out(dx, n, in), n, in, out, add);
    }

    @Override
    public void linearGradient(MemorySegment dy, MemorySegment x, MemorySegment dweight, int n, int in, int out) {
        products.gradient(kernels.in(dy, n, out), kernels.in(x, n, in), kernels.out(dweight, out, in), n, in, out);
    }

    @Override
    public void crossEntropy(MemorySegment logits, MemorySegment labels, MemorySegment total, int n, int v) {
        long losses = kernels.scratch((long) n * Double.BYTES);
        long wanted = kernels.ints(labels, n);
        kernels.run("pando_cross_entropy", n, kernels.out(logits, n, v), wanted, losses, v, complaints.ofVocabulary(v));
        kernels.run("pando_add_losses", 1, losses, wanted, kernels.out(total, 4, 1), n);
    }

    @Override
    public void narrow(MemorySegment x, MemorySegment narrow, long elements) {
        kernels.runOver(
                elements, "pando_narrow", kernels.out(x, elements, 1), kernels.halves(narrow, elements), elements);
    }

    @Override
    public void widen(MemorySegment narrow, MemorySegment x, long elements) {
        kernels.runOver(
                elements, "pando_widen", kernels.halves(narrow, elements), kernels.out(x, elements, 1), elements);
    }

    @Override
    public double[] squaredNorms(MemorySegment span, long... bounds) {
        long[] bits = reduce("pando_squares", "pando_sum_squares", span, bounds);
        return Arrays.stream(bits).mapToDouble(Double::longBitsToDouble).toArray();
    }

    @Override
    public long[] digests(MemorySegment span, long... bounds) {
        return reduce("pando_digest", "pando_sum_digests", span, bounds);
    }

    private long[] reduce(String ofTiles, String ofAll, MemorySegment span, long[] bounds) {
        long[] all = new long[bounds.length - 1];
        long at = kernels.in(span, bounds[all.length], 1);
        for (int first = 0; first < all.length; first += RESULTS) {
            int parts = Math.min(RESULTS, all.length - first);
            for (int i = 0; i < parts; i++) {
                long from = bounds[first + i];
                reduce(ofTiles, ofAll, at + from * Float.BYTES, bounds[first + i + 1] - from, i);
            }
            device.copy(result.address(), answer.address(), (long) parts * Long.BYTES);
            finish();
            MemorySegment.copy(answer, ValueLayout.JAVA_LONG, 0, all, first, parts);
        }
        return all;
    }

    /// Leaves what a part comes to among the results.
    private void reduce(String ofTiles, String ofAll, long span, long elements, int into) {
        int tiles = Math.toIntExact(Math.ceilDiv(elements, SPAN_TILE));
        long partial = kernels.scratch((long) tiles * Long.BYTES);
        kernels.run(ofTiles, tiles, span, partial, elements);
        kernels.run(ofAll, 1, partial, result.address() + (long) into * Long.BYTES, tiles);
    }

    @Override
    public void adamw(
            MemorySegment weights,
            MemorySegment gradient,
            MemorySegment firstMoments,
            MemorySegment secondMoments,
            long elements,
            AdamStep step) {
        long copy = rounded.ofWeights(weights.address());
        // where the kernel rounds them itself, the rounded ones stay as fresh as they were
        long span = copy == 0 ? kernels.out(weights, elements, 1) : kernels.in(weights, elements, 1);
        kernels.runOver(
                elements,
                "pando_adamw",
                span,
                kernels.in(gradient, elements, 1),
                kernels.out(firstMoments, elements, 1),
                kernels.out(secondMoments, elements, 1),
                copy,
                elements,
                (float) (1 - step.learningRate() * step.weightDecay()),
                (float) step.gradientScale(),
                (float) step.beta1(),
                (float) (1 - step.beta1()),
                (float) step.beta2(),
                (float) (1 - step.beta2()),
                (float) (step.learningRate() / step.firstCorrection()),
                (float) (1 / Math.sqrt(step.secondCorrection())),
                (float) step.epsilon());
    }

    @Override
    public void add(MemorySegment target, MemorySegment source, long elements) {
        kernels.runOver(
                elements, "pando_add", kernels.out(target, elements, 1), kernels.in(source, elements, 1), elements);
    }

    @Override
    public void zero(MemorySegment span) {
        device.fill(kernels.out(span, span.byteSize() / Float.BYTES, 1), (byte) 0, span.byteSize());
    }

    @Override
    public boolean reaches(MemorySegment span) {
        return memory.holds(span.address(), span.byteSize());
    }

    @Override
    public Memory hostMemory(Memory memory) {
        return hosts;
    }

    @Override
    public void copy(MemorySegment from, MemorySegment to) {
        if (from.byteSize() != to.byteSize()) {
            throw new IllegalArgumentException(
                    "cannot copy " + from.byteSize() + " bytes into a span of " + to.byteSize());
        }
        for (MemorySegment span : new MemorySegment[] {from, to}) {
            if (!reaches(span)) {
                hosts.prepare(span);
            }
        }
        rounded.written(to.address(), to.byteSize());
        device.copy(from.address(), to.address(), from.byteSize());
    }

    @Override
    public void holdsWeights(MemorySegment span) {
        if (hasLibrary()) {
            rounded.keepWeights(kernels.in(span, span.byteSize() / Float.BYTES, 1), span.byteSize());
        }
    }

    @Override
    public void repeat(Object key, Runnable calls) {
        recordings.repeat(key, calls);
    }

    @Override
    public void finish() {
        complaints.finish();
    }

    @Override
    public void close() {
        device.settle(); // nothing may still be on its way to or from memory that goes now
        hosts.close();
        products.close();
        device.close();
    }

    /// A library that multiplies nothing.
    private record DryRunProducts() implements MatrixProducts.Multiplier {
        @Override
        public String name() {
            return "an imagined library";
        }

        @Override
        public void multiply(CublasLt.Shape shape, long a, long b, long c, long workspace, long stream) {}

        @Override
        public void close() {}
    }
}
