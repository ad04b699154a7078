package dev.pando.training.ops;

import static dev.pando.training.tensor.Numbers.assertNear;
import static dev.pando.training.tensor.Numbers.random;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What every backend of [Ops] must do: each operator against [ReferenceOps], on sizes that are different, odd, and on
/// both sides of vectors and tiles.
///
/// A source folder that the tests of each backend compile: the same class tests them all.
public abstract class OpsContract extends AttentionContract {
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
    @CsvSource({"1, 2", "5, 17", "19, 101", "3, 2500", "2, 92544"})
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
    void shouldSquareAndDigestThePartsOfASpan() {
        // a part of more than two tiles, a small one, and one with no whole vector at the end
        long[] bounds = {0, 140_016, 140_048, 150_003};
        double[] x = random(1, 150_003, 1);
        MemorySegment s = span(x);

        double[] norms = ops.squaredNorms(s, bounds);
        long[] digests = ops.digests(s, bounds);
        double[] changed = x.clone();
        changed[70_001] = Math.nextUp((float) x[70_001]);
        write(s, changed);
        long[] others = ops.digests(s, bounds);
        write(s, x);

        for (int part = 0; part < 3; part++) {
            double[] own = Arrays.copyOfRange(x, (int) bounds[part], (int) bounds[part + 1]);
            double expected = Arrays.stream(own).map(a -> a * a).sum();
            assertThat(norms[part]).isCloseTo(expected, Percentage.withPercentage(1e-10));
        }
        assertThat(others[0]).isNotEqualTo(digests[0]);
        assertThat(Arrays.copyOfRange(others, 1, 3)).isEqualTo(Arrays.copyOfRange(digests, 1, 3));
        assertThat(ops.digests(s, bounds)).isEqualTo(digests);
    }

    /// A pipeline stage holds some parts and not the others: it forms their sums from its memory.
    @Test
    void shouldSquareAndDigestAPartAloneWithTheBitsItHasAmongOthers() {
        long[] bounds = {0, 48, 70_000, 140_016};
        double[] x = random(2, 140_016, 1);
        MemorySegment whole = span(x);

        for (int part = 0; part < 3; part++) {
            double[] own = Arrays.copyOfRange(x, (int) bounds[part], (int) bounds[part + 1]);
            MemorySegment alone = span(own);

            assertThat(ops.squaredNorms(alone, 0, own.length)[0]).isEqualTo(ops.squaredNorms(whole, bounds)[part]);
            assertThat(ops.digests(alone, 0, own.length)[0]).isEqualTo(ops.digests(whole, bounds)[part]);
        }
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

    private static double[] plus(double[] a, double[] b) {
        double[] sum = new double[a.length];
        Arrays.setAll(sum, i -> a[i] + b[i]);
        return sum;
    }
}
