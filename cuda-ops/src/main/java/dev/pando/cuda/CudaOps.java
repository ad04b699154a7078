package dev.pando.cuda;

// Long because it is one method for each operator of the interface.

import dev.pando.cuda.CublasLt.Shape;
import dev.pando.training.ops.AdamStep;
import dev.pando.training.ops.AttentionShape;
import dev.pando.training.ops.Ops;
import dev.pando.training.ops.RotaryTable;
import dev.pando.training.tensor.Memory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;

/// The operators on an NVIDIA GPU: cuBLASLt or a kernel of our own for matrix products, our kernels for the rest.
///
/// Spans are float32; operands of matrix products and of attention are rounded to bfloat16 on their way into the tensor
/// cores, sums are float32. Each sum runs along a fixed tree, so equal calls give equal bits on equal GPUs with equal
/// libraries. What is wrong with the input (a token outside the vocabulary) is found by the GPU and told by
/// [#finish()].
public final class CudaOps implements Ops {
    /// Blocks of an element-wise kernel; each goes through more elements where there are more.
    private static final int MOST_BLOCKS = 1 << 16;

    private static final int THREADS = 256;
    private static final int ATTENTION_THREADS = 128;
    private static final int ATTENTION_ROWS = 64;
    private static final int INNER_ROWS = 32;
    private static final int NORM_ROWS = 32;
    private static final int PRODUCT_TILE = 64;
    private static final int LARGEST_HEAD = 128;
    private static final long SPAN_TILE = 1 << 16;
    private static final int MOST_RECORDINGS = 64;
    private static final long NO_COMPLAINT = -1;

    /// A sequence of calls that comes again: seen once, and from the second time on recorded.
    private static final class Repeated {
        Optional<CudaDevice.Recording> recording = Optional.empty();
    }

    private final CudaDevice device;
    private final DeviceMemory memory;
    private final PageLocked hosts;
    private final Optional<CublasLt> products;
    private final RoundedOperands rounded;
    private final Map<Object, Repeated> repeated = new IdentityHashMap<>();
    private final long workspace;
    private final MemorySegment complaint;
    private final MemorySegment result;
    private final MemorySegment answers; // on the host: a complaint, a result
    private MemorySegment scratch;
    private int vocabulary;
    private int length;
    private int positions;

    private CudaOps(int ordinal, Optional<String> library) {
        device = new CudaDevice(ordinal);
        memory = new DeviceMemory(device);
        hosts = new PageLocked(device);
        rounded = new RoundedOperands(device, memory);
        products = library.map(CublasLt::new);
        workspace = products.isPresent() ? memory.allocate("workspace of cuBLASLt", CublasLt.WORKSPACE).address() : 0;
        complaint = memory.allocate("complaint", Long.BYTES);
        result = memory.allocate("result", Long.BYTES);
        scratch = memory.allocate("scratch", 1 << 20);
        answers = hosts.allocate("answers", 2 * Long.BYTES);
        device.fill(complaint.address(), (byte) NO_COMPLAINT, Long.BYTES);
    }

    /// Opens a GPU: a context of its own, in which everything lives until it is closed.
    ///
    /// @param ordinal as in `cuda:0`
    /// @throws CudaException if the driver refuses
    public static CudaOps open(int ordinal) {
        return open(ordinal, CublasLibrary.find().map(CublasLibrary.Found::file));
    }

    static CudaOps open(int ordinal, Optional<String> library) {
        return new CudaOps(ordinal, library);
    }

    /// The same with matrix products by our own kernel, whatever is installed: slower, and dependent on nothing.
    public static CudaOps openWithoutLibraries(int ordinal) {
        return new CudaOps(ordinal, Optional.empty());
    }

    /// The memory in which these operators work. Frees itself when they are closed.
    public Memory memory() {
        return memory;
    }

    /// Takes all the memory that a job will need before its first step.
    ///
    /// @throws CudaException.OutOfMemory if there is no room
    public void reserve(long bytes) {
        memory.reserve(bytes);
    }

    /// Bytes held on the device.
    public long held() {
        return memory.held();
    }

    /// What multiplies matrices.
    public String products() {
        return products.map(CublasLt::name).orElse("kernels of our own");
    }

    /// Waits for what `calls` ask for.
    ///
    /// @return seconds that it took on the device
    public double time(Runnable calls) {
        return device.time(calls);
    }

    static int blocks(long elements, int threads) {
        return Math.clamp(Math.ceilDiv(elements, threads), 1, MOST_BLOCKS);
    }

    @Override
    public void embed(MemorySegment table, MemorySegment ids, MemorySegment x, int n, int v, int c) {
        vocabulary = v;
        run("pando_embed", n, in(table, v, c), ints(ids, n), out(x, n, c), c, v, complaint.address());
    }

    @Override
    public void embedBackward(MemorySegment dx, MemorySegment ids, MemorySegment dtable, int n, int v, int c) {
        run("pando_embed_backward", n, in(dx, n, c), ints(ids, n), out(dtable, v, c), n, c, v);
    }

    @Override
    public void norm(
            MemorySegment x, MemorySegment weight, MemorySegment y, MemorySegment scale, int n, int c, double epsilon) {
        run("pando_norm", n, in(x, n, c), 0L, 0L, in(weight, 1, c), out(y, n, c), out(scale, n, 1), c, epsilon);
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
        run(
                "pando_norm",
                n,
                in(x, n, c),
                in(delta, n, c),
                out(sum, n, c),
                in(weight, 1, c),
                out(y, n, c),
                out(scale, n, 1),
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
        run(
                "pando_norm_backward",
                n,
                in(dy, n, c),
                in(x, n, c),
                in(weight, 1, c),
                in(scale, n, 1),
                out(dx, n, c),
                out(y, n, c),
                c);
        int runs = Math.ceilDiv(n, NORM_ROWS);
        int columns = blocks(c, THREADS);
        long partial = scratch((long) runs * c * Float.BYTES);
        device.launch(
                "pando_norm_gradient",
                columns,
                runs,
                1,
                THREADS,
                0,
                in(dy, n, c),
                in(x, n, c),
                in(scale, n, 1),
                partial,
                n,
                c);
        run("pando_add_rows", columns, partial, out(dweight, 1, c), runs, c);
    }

    @Override
    public void rotate(MemorySegment qkv, MemorySegment documents, RotaryTable table, AttentionShape shape) {
        turn(qkv, ints(documents, shape.n()), 0, 1f, table, shape);
    }

    @Override
    public void rotateCached(MemorySegment qkv, int from, RotaryTable table, AttentionShape shape) {
        turn(qkv, 0, from, 1f, table, shape);
    }

    @Override
    public void rotateBackward(MemorySegment dqkv, MemorySegment documents, RotaryTable table, AttentionShape shape) {
        turn(dqkv, ints(documents, shape.n()), 0, -1f, table, shape);
    }

    private void turn(
            MemorySegment qkv, long documents, int first, float direction, RotaryTable table, AttentionShape shape) {
        if (table.half() * 2 != shape.headSize()) {
            throw new IllegalArgumentException(
                    "a rotary table for heads of " + table.half() * 2 + " does not fit heads of " + shape.headSize());
        }
        positions = table.positions();
        long pairs = (long) shape.n() * shape.kvHeads() * (shape.queries() + 1) * table.half();
        run(
                "pando_rotate",
                blocks(pairs, THREADS),
                out(qkv, shape.n(), shape.qkvWidth()),
                documents,
                in(table.cos(), table.positions(), table.half()),
                in(table.sin(), table.positions(), table.half()),
                first,
                table.positions(),
                direction,
                shape.n(),
                shape.t(),
                shape.kvHeads(),
                shape.queries(),
                shape.headSize(),
                complaint.address());
    }

    @Override
    public void attend(
            MemorySegment qkv,
            MemorySegment documents,
            MemorySegment out,
            MemorySegment logSumExp,
            AttentionShape shape) {
        length = shape.t();
        int lanes = lanes(shape);
        device.launch(
                "pando_attend_" + lanes,
                Math.ceilDiv(shape.t(), ATTENTION_ROWS),
                shape.heads(),
                shape.b(),
                ATTENTION_THREADS,
                tiles(3 * ATTENTION_ROWS, lanes),
                in(qkv, shape.n(), shape.qkvWidth()),
                ints(documents, shape.n()),
                out(out, shape.n(), shape.width()),
                out(logSumExp, shape.n(), shape.heads()),
                shape.t(),
                shape.heads(),
                shape.queries(),
                shape.headSize(),
                scale(shape),
                complaint.address());
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
        int lanes = lanes(shape);
        long lines = (long) shape.n() * shape.heads();
        long dots = scratch(lines * Float.BYTES);
        long grad = in(dout, shape.n(), shape.width());
        int linesOfBlock = ATTENTION_THREADS / 32;
        device.launch(
                "pando_attend_dots",
                Math.toIntExact(Math.ceilDiv(lines, linesOfBlock)),
                1,
                1,
                ATTENTION_THREADS,
                0,
                grad,
                in(out, shape.n(), shape.width()),
                dots,
                lines,
                shape.headSize());
        for (boolean ofKeys : new boolean[] {true, false}) {
            device.launch(
                    (ofKeys ? "pando_attend_keys_" : "pando_attend_queries_") + lanes,
                    Math.ceilDiv(shape.t(), ATTENTION_ROWS),
                    ofKeys ? shape.kvHeads() : shape.heads(),
                    shape.b(),
                    ATTENTION_THREADS,
                    tiles(2 * ATTENTION_ROWS + 2 * INNER_ROWS, lanes),
                    grad,
                    in(qkv, shape.n(), shape.qkvWidth()),
                    ints(documents, shape.n()),
                    in(logSumExp, shape.n(), shape.heads()),
                    dots,
                    out(dqkv, shape.n(), shape.qkvWidth()),
                    shape.t(),
                    shape.heads(),
                    shape.queries(),
                    shape.headSize(),
                    scale(shape));
        }
    }

    @Override
    public void attendCached(
            MemorySegment qkv, MemorySegment cache, int from, MemorySegment out, AttentionShape shape) {
        if (shape.b() != 1 || from < 0) {
            throw new IllegalArgumentException(
                    "a cache belongs to one sequence, from position 0 on; not to " + shape.b() + ", from " + from);
        }
        lanes(shape);
        long width = 2L * shape.kvHeads() * shape.headSize();
        long fresh = in(qkv, shape.n(), shape.qkvWidth());
        long kept = out(cache, from + shape.n(), width);
        run(
                "pando_cache",
                blocks(shape.n() * width, THREADS),
                fresh,
                kept,
                from,
                shape.n(),
                shape.kvHeads(),
                shape.queries(),
                shape.headSize());
        device.launch(
                "pando_attend_cached",
                shape.n(),
                shape.heads(),
                1,
                ATTENTION_THREADS,
                0,
                fresh,
                kept,
                out(out, shape.n(), shape.width()),
                from,
                shape.kvHeads(),
                shape.queries(),
                shape.headSize(),
                scale(shape));
    }

    @Override
    public void swiglu(MemorySegment gate, MemorySegment up, MemorySegment y, long elements) {
        run(
                "pando_swiglu",
                blocks(elements, THREADS),
                in(gate, elements, 1),
                in(up, elements, 1),
                out(y, elements, 1),
                elements);
    }

    @Override
    public void swigluBackward(MemorySegment gate, MemorySegment up, MemorySegment dy, long elements) {
        run(
                "pando_swiglu_backward",
                blocks(elements, THREADS),
                out(gate, elements, 1),
                out(up, elements, 1),
                out(dy, elements, 1),
                elements);
    }

    // The library counts columns first: to it, our row-major matrices are their transposes.

    @Override
    public void linear(MemorySegment x, MemorySegment weight, MemorySegment y, int n, int in, int out) {
        long left = in(x, n, in);
        long right = in(weight, out, in);
        long target = out(y, n, out);
        if (products.isEmpty()) {
            product(left, in, 1, right, 1, in, target, n, out, in, false);
        } else {
            Shape shape = new Shape(true, false, out, n, in, in, in, out, false);
            multiply(shape, right, (long) out * in, left, (long) n * in, target);
        }
    }

    @Override
    public void linearBackward(
            MemorySegment dy, MemorySegment weight, MemorySegment dx, int n, int in, int out, boolean add) {
        long left = in(dy, n, out);
        long right = in(weight, out, in);
        long target = out(dx, n, in);
        if (products.isEmpty()) {
            product(left, out, 1, right, in, 1, target, n, in, out, add);
        } else {
            Shape shape = new Shape(false, false, in, n, out, in, out, in, add);
            multiply(shape, right, (long) out * in, left, (long) n * out, target);
        }
    }

    @Override
    public void linearGradient(MemorySegment dy, MemorySegment x, MemorySegment dweight, int n, int in, int out) {
        long left = in(dy, n, out);
        long right = in(x, n, in);
        long target = out(dweight, out, in);
        if (products.isEmpty()) {
            product(left, 1, out, right, in, 1, target, out, in, n, true);
        } else {
            Shape shape = new Shape(false, true, in, out, n, in, out, in, true);
            multiply(shape, right, (long) n * in, left, (long) n * out, target);
        }
    }

    private void multiply(Shape shape, long a, long aElements, long b, long bElements, long c) {
        long first = rounded.of(a, aElements);
        long second = rounded.of(b, bElements);
        products.orElseThrow().multiply(shape, first, second, c, workspace, device.stream());
    }

    /// `c = a b` of m x n and k inner elements, each operand with the strides of its rows and columns.
    private void product(
            long a,
            long aRow,
            long aInner,
            long b,
            long bInner,
            long bColumn,
            long c,
            int m,
            int n,
            int k,
            boolean add) {
        device.launch(
                "pando_product",
                Math.ceilDiv(n, PRODUCT_TILE),
                Math.ceilDiv(m, PRODUCT_TILE),
                1,
                ATTENTION_THREADS,
                0,
                a,
                aRow,
                aInner,
                b,
                bInner,
                bColumn,
                c,
                m,
                n,
                k,
                add ? 1 : 0);
    }

    @Override
    public void crossEntropy(MemorySegment logits, MemorySegment labels, MemorySegment total, int n, int v) {
        vocabulary = v;
        long losses = scratch((long) n * Double.BYTES);
        long wanted = ints(labels, n);
        run("pando_cross_entropy", n, out(logits, n, v), wanted, losses, v, complaint.address());
        run("pando_add_losses", 1, losses, wanted, out(total, 4, 1), n);
    }

    @Override
    public void narrow(MemorySegment x, MemorySegment narrow, long elements) {
        run("pando_narrow", blocks(elements, THREADS), out(x, elements, 1), halves(narrow, elements), elements);
    }

    @Override
    public void widen(MemorySegment narrow, MemorySegment x, long elements) {
        run("pando_widen", blocks(elements, THREADS), halves(narrow, elements), out(x, elements, 1), elements);
    }

    @Override
    public double squaredNorm(MemorySegment span, long elements) {
        return Double.longBitsToDouble(reduce("pando_squares", "pando_sum_squares", span, elements));
    }

    @Override
    public long digest(MemorySegment span, long elements) {
        return reduce("pando_digest", "pando_sum_digests", span, elements);
    }

    private long reduce(String ofTiles, String ofAll, MemorySegment span, long elements) {
        int tiles = Math.toIntExact(Math.ceilDiv(elements, SPAN_TILE));
        long partial = scratch((long) tiles * Long.BYTES);
        run(ofTiles, tiles, in(span, elements, 1), partial, elements);
        run(ofAll, 1, partial, result.address(), tiles);
        device.copy(result.address(), answers.address() + Long.BYTES, Long.BYTES);
        finish();
        return answers.getAtIndex(ValueLayout.JAVA_LONG, 1);
    }

    @Override
    public void adamw(
            MemorySegment weights,
            MemorySegment gradient,
            MemorySegment firstMoments,
            MemorySegment secondMoments,
            long elements,
            AdamStep step) {
        long span = in(weights, elements, 1);
        long copy = keepRounded(span);
        run(
                "pando_adamw",
                blocks(elements, THREADS),
                span,
                in(gradient, elements, 1),
                out(firstMoments, elements, 1),
                out(secondMoments, elements, 1),
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

    /// What is updated once is multiplied with again and again: from the first update on it is kept rounded.
    private long keepRounded(long weights) {
        if (products.isEmpty()) {
            return 0;
        }
        DeviceMemory.Place all = memory.spanOf(weights);
        if (rounded.ofWeights(weights) == 0) {
            rounded.keepWeights(all.address(), all.bytes());
            rounded.refreshWeights();
            forgetRecordings(); // they round for themselves
        }
        return rounded.ofWeights(weights);
    }

    @Override
    public void add(MemorySegment target, MemorySegment source, long elements) {
        run("pando_add", blocks(elements, THREADS), out(target, elements, 1), in(source, elements, 1), elements);
    }

    @Override
    public void zero(MemorySegment span) {
        device.fill(out(span, span.byteSize() / Float.BYTES, 1), (byte) 0, span.byteSize());
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
    public void repeat(Object key, Runnable calls) {
        rounded.refreshWeights();
        rounded.forget(); // so that a recording rounds all that it needs itself
        Repeated known = repeated.get(key);
        if (known == null) {
            if (repeated.size() == MOST_RECORDINGS) {
                forgetRecordings();
            }
            repeated.put(key, new Repeated());
            calls.run(); // takes all the room and makes all the plans that a recording could not
        } else {
            if (known.recording.isEmpty()) {
                known.recording = Optional.of(device.record(calls));
            }
            device.play(known.recording.get());
        }
        rounded.forget();
    }

    private void forgetRecordings() {
        repeated.values().forEach(known -> known.recording.ifPresent(device::forget));
        repeated.clear();
    }

    @Override
    public void finish() {
        device.copy(complaint.address(), answers.address(), Long.BYTES);
        device.finish();
        long told = answers.getAtIndex(ValueLayout.JAVA_LONG, 0);
        if (told != NO_COMPLAINT) {
            device.fill(complaint.address(), (byte) NO_COMPLAINT, Long.BYTES);
            throw new IllegalArgumentException(sentence(told));
        }
    }

    /// As `complain` in platform.cuh packs it.
    private String sentence(long told) {
        int at = (int) (told >>> 34);
        int value = (int) told;
        return switch ((int) (told >>> 32) & 3) {
            case 0 -> "token " + value + " at position " + at + " is not in a vocabulary of " + vocabulary;
            case 1 -> "label " + value + " at position " + at + " is not in a vocabulary of " + vocabulary;
            case 2 -> "rotary position " + value + " at position " + at + " is outside a table of " + positions;
            default ->
                    "position "
                            + at % length
                            + " of row "
                            + at / length
                            + " cannot belong to a document that starts at "
                            + value;
        };
    }

    @Override
    public void close() {
        hosts.close();
        products.ifPresent(CublasLt::close);
        device.close();
    }

    private static int lanes(AttentionShape shape) {
        if (shape.headSize() > LARGEST_HEAD) {
            throw new IllegalArgumentException(
                    "attention on a GPU knows heads of up to " + LARGEST_HEAD + ", not of " + shape.headSize());
        }
        return Math.max(16, Integer.highestOneBit(shape.headSize() - 1) * 2);
    }

    /// Bytes of so many rows, as `Tile` in attention.cuh pads them.
    private static int tiles(int rows, int lanes) {
        return rows * (lanes + 8) * Short.BYTES;
    }

    private static float scale(AttentionShape shape) {
        return (float) (1 / Math.sqrt(shape.headSize()));
    }

    private void run(String kernel, int blocks, Object... arguments) {
        device.launch(kernel, blocks, 1, 1, THREADS, 0, arguments);
    }

    /// Room for what lives within one call, or up to the next. Older rooms are kept: a recording may still use them.
    private long scratch(long bytes) {
        if (scratch.byteSize() < bytes) {
            scratch = memory.allocate("scratch", Math.max(bytes, 2 * scratch.byteSize()));
        }
        return scratch.address();
    }

    private long in(MemorySegment segment, long rows, long width) {
        return address(segment, rows * width * Float.BYTES);
    }

    private long ints(MemorySegment segment, long count) {
        return address(segment, count * Integer.BYTES);
    }

    private long halves(MemorySegment segment, long count) {
        return address(segment, count * Short.BYTES);
    }

    private long out(MemorySegment segment, long rows, long width) {
        long bytes = rows * width * Float.BYTES;
        long address = address(segment, bytes);
        rounded.written(address, bytes);
        return address;
    }

    private long address(MemorySegment segment, long bytes) {
        if (segment.byteSize() < bytes) {
            throw new IllegalArgumentException(
                    "an operand of " + segment.byteSize() + " bytes where " + bytes + " are needed");
        }
        if (!memory.holds(segment.address(), bytes)) {
            throw new IllegalArgumentException(
                    "operators of " + device.name() + " work in its memory, not on " + segment);
        }
        return segment.address();
    }
}
