package dev.pando.training.ops;

// Long because it holds every operator to its formula.

import static dev.pando.training.tensor.Numbers.assertNear;
import static dev.pando.training.tensor.Numbers.random;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pando.training.tensor.Memory;
import dev.pando.training.tensor.Numbers;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What every backend of [Ops] must do: each operator against [ReferenceOps], on sizes that are different, odd, and on
/// both sides of vectors and tiles.
///
/// A source folder that the tests of each backend compile: the same class tests them all.
public abstract class OpsContract {
    /// Sums of up to a few hundred float32 products of numbers near 1: some ten roundings of 6e-8 that matter.
    protected static final double SUMS = 2e-6;

    /// A few roundings of one element.
    private static final double ELEMENTS = 5e-7;

    private final Arena arena = Arena.ofShared();
    private Ops ops;
    private Memory memory;

    /// A backend, and the memory that it works in.
    public record Backend(Ops ops, Memory memory) {}

    /// @param arena that the memory may live in
    protected abstract Backend open(Arena arena);

    /// What the backend takes these operands of a matrix product for.
    protected double asOperand(double value) {
        return value;
    }

    /// How far attention may be off, where a backend rounds its probabilities.
    protected double attentionBound() {
        return SUMS;
    }

    /// Likewise its gradients: scores of up to 50 are off by 50 x 6e-8 before they become exponents.
    protected double attentionGradientBound() {
        return 1e-5;
    }

    @BeforeEach
    void openBackend() {
        Backend backend = open(arena);
        ops = backend.ops;
        memory = backend.memory;
    }

    @AfterEach
    void close() {
        if (ops != null) {
            ops.close();
        }
        arena.close();
    }

    @Test
    void shouldLookUpRowsAndAddTheirGradients() {
        int n = 7;
        int v = 5;
        int c = 67;
        int[] tokens = {3, 0, 3, 4, 4, 3, 1};
        double[] table = random(1, v * c, 1);
        double[] dx = random(2, n * c, 1);
        MemorySegment x = span(n * c);
        MemorySegment dtable = span(table);

        ops.embed(span(table), ints(tokens), x, n, v, c);
        ops.embedBackward(span(dx), ints(tokens), dtable, n, v, c);

        double[] rows = new double[n * c];
        double[] gradient = table.clone();
        for (int i = 0; i < n * c; i++) {
            rows[i] = table[tokens[i / c] * c + i % c];
            gradient[tokens[i / c] * c + i % c] += dx[i];
        }
        assertThat(read(x, n * c)).isEqualTo(rows);
        assertNear("dtable", read(dtable, v * c), gradient, ELEMENTS);
    }

    @Test
    void shouldRefuseATokenOutsideTheVocabulary() {
        assertThatThrownBy(
                        () -> {
                            ops.embed(span(10), ints(2), span(5), 1, 2, 5);
                            ops.finish();
                        })
                .hasMessage("token 2 at position 0 is not in a vocabulary of 2");
    }

    @ParameterizedTest
    @CsvSource({"3, 5", "1, 16", "35, 33", "67, 100"})
    void shouldNormalise(int n, int c) {
        double epsilon = 1e-5;
        double[] x = random(1, n * c, 3);
        double[] weight = random(2, c, 2);
        double[] dy = random(3, n * c, 1);
        double[] dxBefore = random(4, n * c, 1);
        double[] dweightBefore = random(5, c, 1);
        MemorySegment y = span(n * c);
        MemorySegment again = span(n * c);
        MemorySegment scale = span(n);
        MemorySegment dx = span(dxBefore);
        MemorySegment dweight = span(dweightBefore);
        MemorySegment in = span(x);
        MemorySegment w = span(weight);

        ops.norm(in, w, y, scale, n, c, epsilon);
        ops.normBackward(span(dy), in, w, scale, dx, dweight, again, n, c);

        assertNear("y", read(y, n * c), ReferenceOps.norm(x, weight, n, c, epsilon), ELEMENTS);
        assertThat(read(again, n * c)).as("y formed again").isEqualTo(read(y, n * c));
        double[][] expected = ReferenceOps.normBackward(dy, x, weight, n, c, epsilon);
        assertNear("dx", read(dx, n * c), plus(dxBefore, expected[0]), SUMS);
        assertNear("dweight", read(dweight, c), plus(dweightBefore, expected[1]), SUMS);
    }

    @Test
    void shouldAddAndNormaliseWithTheBitsOfNormalisingTheSum() {
        int n = 5;
        int c = 37;
        double[] x = random(1, n * c, 3);
        double[] delta = random(2, n * c, 3);
        MemorySegment w = span(random(3, c, 2));
        MemorySegment sum = span(n * c);
        MemorySegment y = span(n * c);
        MemorySegment apart = span(n * c);
        MemorySegment scale = span(n);

        ops.addNorm(span(x), span(delta), sum, w, y, scale, n, c, 1e-6);
        ops.norm(sum, w, apart, scale, n, c, 1e-6);

        assertNear("sum", read(sum, n * c), plus(x, delta), ELEMENTS);
        assertThat(read(y, n * c)).isEqualTo(read(apart, n * c));
    }

    @ParameterizedTest
    @CsvSource({"2, 3, 2, 1, 6", "1, 5, 3, 3, 2", "3, 11, 6, 2, 34", "1, 7, 2, 1, 32"})
    void shouldTurnQueriesAndKeysAndTurnThemBack(int b, int t, int heads, int kvHeads, int headSize) {
        AttentionShape shape = new AttentionShape(b, t, heads, kvHeads, headSize);
        int[] documents = documents(shape, 3);
        double[] x = random(1, shape.n() * shape.qkvWidth(), 1);
        RotaryTable table = RotaryTable.of(t, headSize, 1e4, ops, memory);
        MemorySegment qkv = span(x);
        MemorySegment starts = ints(documents);

        ops.rotate(qkv, starts, table, shape);
        double[] turned = read(qkv, x.length);
        ops.rotateBackward(qkv, starts, table, shape);

        double[] expected = x.clone();
        ReferenceOps.rotate(expected, documents, 1e4, 1, shape);
        assertNear("turned", turned, expected, ELEMENTS);
        assertNear("turned back", read(qkv, x.length), x, ELEMENTS);
    }

    @ParameterizedTest
    @CsvSource({
        "2, 3, 2, 1, 6, 9", // tiny
        "1, 65, 3, 3, 10, 1000", // one query beyond a tile, one document
        "2, 131, 4, 2, 14, 40", // documents inside and across tiles
        "1, 389, 6, 2, 16, 300", // keys beyond a tile, so that the running maximum is at work
        "1, 530, 2, 1, 8, 7", // documents much shorter than a tile
        "1, 75, 2, 1, 24, 30", // heads of other sizes
        "2, 40, 2, 2, 64, 1000",
        "1, 97, 4, 2, 128, 60",
    })
    void shouldAttendInsideDocuments(int b, int t, int heads, int kvHeads, int headSize, int longest) {
        AttentionShape shape = new AttentionShape(b, t, heads, kvHeads, headSize);
        int[] documents = documents(shape, longest);
        double[] x = operands(random(1, shape.n() * shape.qkvWidth(), 3));
        double[] dy = operands(random(2, shape.n() * shape.width(), 1));
        MemorySegment qkv = span(x);
        MemorySegment starts = ints(documents);
        MemorySegment out = span(shape.n() * shape.width());
        MemorySegment logSumExp = span(shape.n() * heads);
        MemorySegment dqkv = span(random(3, x.length, 1)); // to be overwritten

        ops.attend(qkv, starts, out, logSumExp, shape);
        ops.attendBackward(span(dy), qkv, starts, out, logSumExp, dqkv, shape);

        double[][] expected = ReferenceOps.attend(x, documents, shape);
        assertNear("out", read(out, dy.length), expected[0], attentionBound());
        assertNear("logSumExp", read(logSumExp, shape.n() * heads), expected[1], SUMS);
        double[] gradient = ReferenceOps.attendBackward(dy, x, documents, shape);
        assertNear("dqkv", read(dqkv, x.length), gradient, attentionGradientBound());
    }

    @Test
    void shouldAttendToACacheAsToTheWholeRow() {
        int t = 301;
        AttentionShape whole = new AttentionShape(1, t, 6, 2, 10);
        double[] x = random(1, t * whole.qkvWidth(), 2);
        MemorySegment qkv = span(x);
        MemorySegment cache = span(t * 2 * 2 * 10);
        MemorySegment out = span(t * whole.width());
        int from = 0;

        for (int count : new int[] {70, 1, 1, 130, 99}) {
            long width = whole.qkvWidth() * 4L;
            ops.attendCached(
                    qkv.asSlice(from * width, count * width),
                    cache,
                    from,
                    out.asSlice(from * (long) whole.width() * 4, count * (long) whole.width() * 4),
                    new AttentionShape(1, count, 6, 2, 10));
            from += count;
        }

        assertNear("out", read(out, t * whole.width()), ReferenceOps.attend(x, new int[t], whole)[0], SUMS);
    }

    @ParameterizedTest
    @CsvSource({"1", "16", "37", "40000"})
    void shouldGate(int elements) {
        double[] gate = random(1, elements, 30);
        double[] up = random(2, elements, 2);
        double[] dy = random(3, elements, 1);
        MemorySegment g = span(gate);
        MemorySegment u = span(up);
        MemorySegment y = span(elements);
        MemorySegment d = span(dy);

        ops.swiglu(g, u, y, elements);
        ops.swigluBackward(g, u, d, elements);

        double[] out = new double[elements];
        double[] dgate = new double[elements];
        double[] dup = new double[elements];
        for (int i = 0; i < elements; i++) {
            double s = ReferenceOps.sigmoid(gate[i]);
            out[i] = gate[i] * s * up[i];
            dgate[i] = dy[i] * up[i] * s * (1 + gate[i] * (1 - s));
            dup[i] = dy[i] * gate[i] * s;
        }
        assertNear("y", read(y, elements), out, ELEMENTS);
        assertNear("dgate", read(g, elements), dgate, 2e-6); // 1 - s cancels: 6e-8 times a gate of up to 30
        assertNear("dup", read(u, elements), dup, ELEMENTS);
        assertThat(read(d, elements)).as("y formed again").isEqualTo(read(y, elements));
    }

    @ParameterizedTest
    @CsvSource({"1, 3, 5", "7, 16, 33", "130, 37, 53", "300, 19, 801", "523, 64, 17"})
    void shouldMultiplyForwardAndBackward(int n, int in, int out) {
        double[] x = operands(random(1, n * in, 1));
        double[] w = operands(random(2, out * in, 1));
        double[] dy = operands(random(3, n * out, 1));
        double[] dwBefore = random(4, out * in, 1);
        MemorySegment y = span(n * out);
        MemorySegment dx = span(random(5, n * in, 1)); // to be overwritten
        MemorySegment dw = span(dwBefore);

        ops.linear(span(x), span(w), y, n, in, out);
        ops.linearBackward(span(dy), span(w), dx, n, in, out, false);
        double[] once = read(dx, n * in);
        ops.linearBackward(span(dy), span(w), dx, n, in, out, true);
        ops.linearGradient(span(dy), span(x), dw, n, in, out);

        double[] expected = ReferenceOps.product(dy, out, 1, w, in, 1, n, in, out);
        assertNear("y", read(y, n * out), ReferenceOps.product(x, in, 1, w, 1, in, n, out, in), SUMS);
        assertNear("dx", once, expected, SUMS);
        assertNear("dx added", read(dx, n * in), plus(expected, expected), SUMS);
        assertNear(
                "dw", read(dw, out * in), plus(dwBefore, ReferenceOps.product(dy, 1, out, x, in, 1, out, in, n)), SUMS);
    }

    @ParameterizedTest
    @CsvSource({"1, 2", "5, 17", "19, 101", "3, 2500"})
    void shouldSumCrossEntropyOverPositionsThatCount(int n, int v) {
        double[] logits = random(1, n * v, 20);
        int[] labels = new int[n];
        Arrays.setAll(labels, row -> row % 3 == 1 ? -100 : row * 7 % v);
        MemorySegment x = span(logits);
        MemorySegment sums = arena.allocate(16, 8);
        sums.set(ValueLayout.JAVA_DOUBLE, 0, 0.5);
        sums.set(ValueLayout.JAVA_LONG, 8, 3);
        MemorySegment total = memory.allocate("total", 16);
        ops.copy(sums, total);

        ops.crossEntropy(x, ints(labels), total, n, v);

        double loss = 0.5;
        long count = 3;
        double[] gradient = new double[n * v];
        for (int row = 0; row < n; row++) {
            if (labels[row] == -100) {
                continue;
            }
            count++;
            double sum = 0;
            for (int i = 0; i < v; i++) {
                sum += Math.exp(logits[row * v + i]);
            }
            loss += Math.log(sum) - logits[row * v + labels[row]];
            for (int i = 0; i < v; i++) {
                gradient[row * v + i] = Math.exp(logits[row * v + i]) / sum - (i == labels[row] ? 1 : 0);
            }
        }
        ops.copy(total, sums);
        ops.finish();
        assertThat(sums.get(ValueLayout.JAVA_LONG, 8)).isEqualTo(count);
        assertNear("loss", new double[] {sums.get(ValueLayout.JAVA_DOUBLE, 0)}, new double[] {loss}, ELEMENTS);
        assertNear("dlogits", read(x, n * v), gradient, 2e-6); // exponents of up to 40, off by 40 x 6e-8
    }

    @Test
    void shouldRefuseALabelOutsideTheVocabulary() {
        assertThatThrownBy(
                        () -> {
                            ops.crossEntropy(span(3), ints(3), span(4), 1, 3);
                            ops.finish();
                        })
                .hasMessage("label 3 at position 0 is not in a vocabulary of 3");
    }

    @Test
    void shouldSquareAndDigestSpans() {
        int elements = 140_003; // more than two tiles, and no whole vector at the end
        double[] x = random(1, elements, 1);
        MemorySegment s = span(x);

        double norm = ops.squaredNorm(s, elements);
        long digest = ops.digest(s, elements);
        double[] changed = x.clone();
        changed[70_001] = Math.nextUp((float) x[70_001]);
        write(s, changed);
        long other = ops.digest(s, elements);
        write(s, x);

        assertThat(norm)
                .isCloseTo(
                        Arrays.stream(x).map(a -> a * a).sum(), org.assertj.core.data.Percentage.withPercentage(1e-10));
        assertThat(other).isNotEqualTo(digest);
        assertThat(ops.digest(s, elements)).isEqualTo(digest);
    }

    @ParameterizedTest
    @CsvSource({"1", "16", "40003"})
    void shouldUpdateLikeAdamW(int elements) {
        double[] w = random(1, elements, 1);
        double[] m = new double[elements];
        double[] v = new double[elements];
        MemorySegment weights = span(w);
        MemorySegment first = span(elements);
        MemorySegment second = span(elements);

        for (int t = 1; t <= 3; t++) {
            double[] g = random(10 + t, elements, 1);
            AdamStep step = new AdamStep(1e-2, 0.9, 0.95, 1e-3, 0.1, 0.25, t);
            ops.adamw(weights, span(g), first, second, elements, step);
            for (int i = 0; i < elements; i++) {
                double gradient = 0.25 * g[i];
                w[i] -= 1e-2 * 0.1 * w[i];
                m[i] = 0.9 * m[i] + 0.1 * gradient;
                v[i] = 0.95 * v[i] + 0.05 * gradient * gradient;
                w[i] -= 1e-2 * (m[i] / (1 - Math.pow(0.9, t))) / (Math.sqrt(v[i] / (1 - Math.pow(0.95, t))) + 1e-3);
            }
        }

        assertNear("weights", read(weights, elements), w, ELEMENTS);
        assertNear("first moments", read(first, elements), m, ELEMENTS);
        assertNear("second moments", read(second, elements), v, ELEMENTS);
    }

    @Test
    void shouldRefuseOperandsThatAreTooSmall() {
        MemorySegment small = span(3);

        assertThatThrownBy(() -> ops.swiglu(small, small, small, 4))
                .hasMessage("an operand of 12 bytes where 16 are needed");
    }

    @ParameterizedTest
    @CsvSource({"1", "16", "40003"})
    void shouldNarrowToTheNearestAndWidenExactly(int elements) {
        double[] x = random(1, elements, 100);
        double[] nearest = Arrays.stream(x).map(OpsContract::bfloat16).toArray();
        MemorySegment rounded = span(x);
        MemorySegment narrow = memory.allocate("narrow", elements * 2L);
        MemorySegment wide = span(elements);

        ops.narrow(rounded, narrow, elements);
        ops.widen(narrow, wide, elements);

        assertThat(read(rounded, elements)).isEqualTo(nearest);
        assertThat(read(wide, elements)).isEqualTo(nearest);
    }

    @Test
    void shouldAddSpans() {
        double[] a = random(1, 1003, 1);
        double[] b = random(2, 1003, 1);
        MemorySegment sum = span(a);

        ops.add(sum, span(b), 1003);

        double[] expected = new double[1003];
        Arrays.setAll(expected, i -> (float) a[i] + (float) b[i]);
        assertThat(read(sum, 1003)).isEqualTo(expected);
    }

    @Test
    void shouldDoAgainWhatItHasDoneBefore() {
        double[] first = random(1, 1000, 1);
        double[] second = random(2, 1000, 1);
        MemorySegment sum = span(1000);
        MemorySegment term = span(first);
        Object key = new Object();
        double[] expected = new double[1000];

        for (int times = 0; times < 5; times++) {
            double[] now = times % 2 == 0 ? first : second;
            write(term, now);
            ops.repeat(
                    key,
                    () -> {
                        ops.add(sum, term, 500);
                        ops.add(slice(sum, 500), slice(term, 500), 500);
                    });
            Arrays.setAll(expected, i -> (float) (expected[i] + now[i]));
        }

        assertThat(read(sum, 1000)).isEqualTo(expected);
    }

    /// Starts of documents of 1 to `longest` positions, different in each row.
    private static int[] documents(AttentionShape shape, int longest) {
        int[] documents = new int[shape.n()];
        for (int row = 0; row < shape.b(); row++) {
            int start = 0;
            int length = 1 + row * 5 % longest;
            for (int t = 0; t < shape.t(); t++) {
                if (t == start + length) {
                    start = t;
                    length = 1 + (length * 31 + 17) % longest;
                }
                documents[row * shape.t() + t] = start;
            }
        }
        return documents;
    }

    private static double[] plus(double[] a, double[] b) {
        double[] sum = new double[a.length];
        Arrays.setAll(sum, i -> a[i] + b[i]);
        return sum;
    }

    /// The nearest bfloat16, ties to even.
    protected static double bfloat16(double value) {
        int bits = Float.floatToRawIntBits((float) value);
        return Float.intBitsToFloat((bits + 0x7fff + (bits >>> 16 & 1)) & 0xffff0000);
    }

    private double[] operands(double[] values) {
        return Arrays.stream(values).map(this::asOperand).toArray();
    }

    private MemorySegment span(double... values) {
        MemorySegment span = span(values.length);
        write(span, values);
        return span;
    }

    /// Zeros.
    private MemorySegment span(int elements) {
        return memory.allocate("test", elements * 4L);
    }

    private MemorySegment ints(int... values) {
        MemorySegment span = span(values.length);
        try (Arena host = Arena.ofConfined()) {
            ops.copy(Numbers.ints(host, values), span);
            ops.finish();
        }
        return span;
    }

    private void write(MemorySegment span, double[] values) {
        try (Arena host = Arena.ofConfined()) {
            ops.copy(Numbers.span(host, values), span);
            ops.finish();
        }
    }

    private double[] read(MemorySegment span, int elements) {
        try (Arena host = Arena.ofConfined()) {
            MemorySegment copy = Numbers.span(host, elements);
            ops.copy(span.asSlice(0, elements * 4L), copy);
            ops.finish();
            return Numbers.read(copy, elements);
        }
    }

    private static MemorySegment slice(MemorySegment span, long from) {
        return span.asSlice(from * 4);
    }
}
