package dev.pando.training.ops;

import static dev.pando.training.tensor.Numbers.assertNear;
import static dev.pando.training.tensor.Numbers.ints;
import static dev.pando.training.tensor.Numbers.random;
import static dev.pando.training.tensor.Numbers.read;
import static dev.pando.training.tensor.Numbers.span;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pando.training.tensor.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Each operator against [ReferenceOps], on sizes that are different, odd, and on both sides of vectors and tiles.
class CpuOpsTest {
    /// Sums of up to a few hundred float32 products of numbers near 1: some ten roundings of 6e-8 that matter.
    private static final double SUMS = 2e-6;

    /// A few roundings of one element.
    private static final double ELEMENTS = 5e-7;

    private final Arena arena = Arena.ofShared();
    private final CpuOps ops = new CpuOps("test", 3);

    @AfterEach
    void close() {
        ops.close();
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
        MemorySegment x = span(arena, n * c);
        MemorySegment dtable = span(arena, table);

        ops.embed(span(arena, table), ints(arena, tokens), x, n, v, c);
        ops.embedBackward(span(arena, dx), ints(arena, tokens), dtable, n, v, c);

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
        assertThatThrownBy(() -> ops.embed(span(arena, 10), ints(arena, 2), span(arena, 5), 1, 2, 5))
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
        MemorySegment y = span(arena, n * c);
        MemorySegment again = span(arena, n * c);
        MemorySegment scale = span(arena, n);
        MemorySegment dx = span(arena, dxBefore);
        MemorySegment dweight = span(arena, dweightBefore);
        MemorySegment in = span(arena, x);
        MemorySegment w = span(arena, weight);

        ops.norm(in, w, y, scale, n, c, epsilon);
        ops.normBackward(span(arena, dy), in, w, scale, dx, dweight, again, n, c);

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
        MemorySegment w = span(arena, random(3, c, 2));
        MemorySegment sum = span(arena, n * c);
        MemorySegment y = span(arena, n * c);
        MemorySegment apart = span(arena, n * c);
        MemorySegment scale = span(arena, n);

        ops.addNorm(span(arena, x), span(arena, delta), sum, w, y, scale, n, c, 1e-6);
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
        RotaryTable table = RotaryTable.of(t, headSize, 1e4, Memory.of(arena));
        MemorySegment qkv = span(arena, x);
        MemorySegment starts = ints(arena, documents);

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
    })
    void shouldAttendInsideDocuments(int b, int t, int heads, int kvHeads, int headSize, int longest) {
        AttentionShape shape = new AttentionShape(b, t, heads, kvHeads, headSize);
        int[] documents = documents(shape, longest);
        double[] x = random(1, shape.n() * shape.qkvWidth(), 3);
        double[] dy = random(2, shape.n() * shape.width(), 1);
        MemorySegment qkv = span(arena, x);
        MemorySegment starts = ints(arena, documents);
        MemorySegment out = span(arena, shape.n() * shape.width());
        MemorySegment logSumExp = span(arena, shape.n() * heads);
        MemorySegment dqkv = span(arena, random(3, x.length, 1)); // to be overwritten

        ops.attend(qkv, starts, out, logSumExp, shape);
        ops.attendBackward(span(arena, dy), qkv, starts, out, logSumExp, dqkv, shape);

        double[][] expected = ReferenceOps.attend(x, documents, shape);
        assertNear("out", read(out, dy.length), expected[0], SUMS);
        assertNear("logSumExp", read(logSumExp, shape.n() * heads), expected[1], SUMS);
        // scores of up to 50 are off by 50 x 6e-8 before they become exponents
        assertNear("dqkv", read(dqkv, x.length), ReferenceOps.attendBackward(dy, x, documents, shape), 1e-5);
    }

    @Test
    void shouldAttendToACacheAsToTheWholeRow() {
        int t = 301;
        AttentionShape whole = new AttentionShape(1, t, 6, 2, 10);
        double[] x = random(1, t * whole.qkvWidth(), 2);
        MemorySegment qkv = span(arena, x);
        MemorySegment cache = span(arena, t * 2 * 2 * 10);
        MemorySegment out = span(arena, t * whole.width());
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
        MemorySegment g = span(arena, gate);
        MemorySegment u = span(arena, up);
        MemorySegment y = span(arena, elements);
        MemorySegment d = span(arena, dy);

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
        double[] x = random(1, n * in, 1);
        double[] w = random(2, out * in, 1);
        double[] dy = random(3, n * out, 1);
        double[] dwBefore = random(4, out * in, 1);
        MemorySegment y = span(arena, n * out);
        MemorySegment dx = span(arena, random(5, n * in, 1)); // to be overwritten
        MemorySegment dw = span(arena, dwBefore);

        ops.linear(span(arena, x), span(arena, w), y, n, in, out);
        ops.linearBackward(span(arena, dy), span(arena, w), dx, n, in, out, false);
        double[] once = read(dx, n * in);
        ops.linearBackward(span(arena, dy), span(arena, w), dx, n, in, out, true);
        ops.linearGradient(span(arena, dy), span(arena, x), dw, n, in, out);

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
        MemorySegment x = span(arena, logits);
        MemorySegment total = arena.allocate(16, 8);
        total.set(ValueLayout.JAVA_DOUBLE, 0, 0.5);
        total.set(ValueLayout.JAVA_LONG, 8, 3);

        ops.crossEntropy(x, ints(arena, labels), total, n, v);

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
        assertThat(total.get(ValueLayout.JAVA_LONG, 8)).isEqualTo(count);
        assertNear("loss", new double[] {total.get(ValueLayout.JAVA_DOUBLE, 0)}, new double[] {loss}, ELEMENTS);
        assertNear("dlogits", read(x, n * v), gradient, 2e-6); // exponents of up to 40, off by 40 x 6e-8
    }

    @Test
    void shouldRefuseALabelOutsideTheVocabulary() {
        assertThatThrownBy(() -> ops.crossEntropy(span(arena, 3), ints(arena, 3), arena.allocate(16, 8), 1, 3))
                .hasMessage("label 3 at position 0 is not in a vocabulary of 3");
    }

    @Test
    void shouldSquareAndDigestSpans() {
        int elements = 140_003; // more than two tiles, and no whole vector at the end
        double[] x = random(1, elements, 1);
        MemorySegment s = span(arena, x);

        double norm = ops.squaredNorm(s, elements);
        long digest = ops.digest(s, elements);
        s.setAtIndex(ValueLayout.JAVA_INT, 70_001, s.getAtIndex(ValueLayout.JAVA_INT, 70_001) ^ 1);
        long other = ops.digest(s, elements);
        s.setAtIndex(ValueLayout.JAVA_INT, 70_001, s.getAtIndex(ValueLayout.JAVA_INT, 70_001) ^ 1);

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
        MemorySegment weights = span(arena, w);
        MemorySegment first = span(arena, elements);
        MemorySegment second = span(arena, elements);

        for (int t = 1; t <= 3; t++) {
            double[] g = random(10 + t, elements, 1);
            AdamStep step = new AdamStep(1e-2, 0.9, 0.95, 1e-3, 0.1, 0.25, t);
            ops.adamw(weights, span(arena, g), first, second, elements, step);
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
    void shouldRefuseOperandsThatAreTooSmallOrFreed() {
        MemorySegment small = span(arena, 3);
        Arena gone = Arena.ofShared();
        MemorySegment freed = span(gone, 4);
        gone.close();

        assertThatThrownBy(() -> ops.swiglu(small, small, small, 4))
                .hasMessage("an operand of 12 bytes where 16 are needed");
        assertThatThrownBy(() -> ops.swiglu(freed, freed, freed, 4)).hasMessageContaining("live off-heap memory");
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
}
