package dev.pando.training.ops;

import static dev.pando.training.tensor.Numbers.assertNear;
import static dev.pando.training.tensor.Numbers.ints;
import static dev.pando.training.tensor.Numbers.random;
import static dev.pando.training.tensor.Numbers.read;
import static dev.pando.training.tensor.Numbers.span;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.pando.training.tensor.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The operators of a cut grid beside the formulas in float64 of what is not cut.
class CutOpsTest {
    /// Of products of some hundred terms.
    private static final double BOUND = 4e-6;

    private final Arena arena = Arena.ofShared();
    private final CpuOps ops = new CpuOps("cut", 2);
    private final CutOps cut = ops.cut().orElseThrow();

    @AfterEach
    void close() {
        ops.close();
        arena.close();
    }

    /// Two chunks of a row, whose documents begin where the test says.
    ///
    /// @param t positions of a chunk
    @ParameterizedTest
    @CsvSource({
        "5, 3, 3, 2, '0'", // one document
        "70, 6, 2, 6, '0,60,75'", // one that crosses, and one inside the second chunk
        "300, 4, 2, 8, '0,20'", // tiles of keys at several distances
        "300, 4, 1, 8, '0,290,300'", // the second chunk sees nothing of the first
        "530, 2, 1, 4, '0,7,523,1000'",
    })
    void shouldAttendToAnEarlierChunkAsToOneRow(int t, int heads, int kvHeads, int headSize, String starts) {
        AttentionShape whole = new AttentionShape(1, 2 * t, heads, kvHeads, headSize);
        AttentionShape half = new AttentionShape(1, t, heads, kvHeads, headSize);
        int[] documents = documents(2 * t, starts);
        double[] x = random(1, whole.n() * whole.qkvWidth(), 3);
        double[] dy = random(2, whole.n() * whole.width(), 1);
        MemorySegment qkv = span(arena, x);
        MemorySegment dout = span(arena, dy);
        MemorySegment relative = ints(arena, Arrays.stream(documents).skip(t).map(start -> start - t).toArray());
        MemorySegment within =
                ints(arena, Arrays.stream(documents).skip(t).map(start -> Math.max(0, start - t)).toArray());
        MemorySegment first = qkv.asSlice(0, qkv.byteSize() / 2);
        MemorySegment second = qkv.asSlice(qkv.byteSize() / 2);
        MemorySegment out = span(arena, half.n() * half.width());
        MemorySegment lse = span(arena, half.n() * heads);
        MemorySegment earlier = span(arena, random(4, half.n() * half.width(), 1)); // to be overwritten
        MemorySegment earlierLse = span(arena, half.n() * heads);

        ops.attend(second, within, out, lse, half);
        cut.attendEarlier(second, first, relative, t, earlier, earlierLse, half);
        assertSeesNothing(earlier, earlierLse, relative, t, half);
        cut.attendMerge(out, lse, earlier, earlierLse, half);

        double[][] expected = ReferenceOps.attend(x, documents, whole);
        assertNear("out", read(out, half.n() * half.width()), second(expected[0]), BOUND);
        assertNear("logSumExp", read(lse, half.n() * heads), second(expected[1]), BOUND);

        MemorySegment mine = span(arena, x.length / 2);
        MemorySegment pair = span(arena, random(5, x.length / 2, 1)); // to be overwritten
        MemorySegment before = span(arena, x.length / 2);
        MemorySegment outBefore = span(arena, half.n() * half.width());
        MemorySegment lseBefore = span(arena, half.n() * heads);
        MemorySegment documentsBefore = ints(arena, Arrays.copyOf(documents, t));
        ops.attend(first, documentsBefore, outBefore, lseBefore, half);
        MemorySegment doutOfFirst = dout.asSlice(0, dout.byteSize() / 2);
        MemorySegment doutOfSecond = dout.asSlice(dout.byteSize() / 2);
        ops.attendBackward(doutOfFirst, first, documentsBefore, outBefore, lseBefore, before, half);
        ops.attendBackward(doutOfSecond, second, within, out, lse, mine, half);
        cut.attendEarlierBackward(doutOfSecond, second, first, relative, t, out, lse, pair, half);
        cut.addQueries(mine, pair, half);
        cut.addKeysAndValues(before, pair, half);

        double[] gradient = ReferenceOps.attendBackward(dy, x, documents, whole);
        double[] all = Arrays.copyOf(read(before, x.length / 2), x.length);
        System.arraycopy(read(mine, x.length / 2), 0, all, x.length / 2, x.length / 2);
        assertNear("dqkv", all, gradient, 4 * BOUND);
    }

    /// Queries whose document begins in their own chunk.
    private static void assertSeesNothing(
            MemorySegment out, MemorySegment lse, MemorySegment relative, int t, AttentionShape shape) {
        for (int row = 0; row < t; row++) {
            boolean nothing = relative.getAtIndex(ValueLayout.JAVA_INT, row) >= 0;
            for (int head = 0; head < shape.heads(); head++) {
                float sum = lse.getAtIndex(ValueLayout.JAVA_FLOAT, (long) row * shape.heads() + head);
                assertThat(sum == Float.NEGATIVE_INFINITY).isEqualTo(nothing);
            }
            for (int i = 0; i < shape.width() && nothing; i++) {
                assertThat(out.getAtIndex(ValueLayout.JAVA_INT, (long) row * shape.width() + i)).isZero();
            }
        }
    }

    /// e^(-inf - -inf) is no number, and adding 0 would make 0 of -0.
    @Test
    void shouldLeaveEveryBitWhereOneSideSeesNothing() {
        AttentionShape shape = new AttentionShape(1, 2, 1, 1, 2);
        MemorySegment out = span(arena, -0.0, 2, 7, 7);
        MemorySegment lse = span(arena, 3, Float.NEGATIVE_INFINITY);
        MemorySegment other = span(arena, 0, 0, -0.0, 5);
        MemorySegment otherLse = span(arena, Float.NEGATIVE_INFINITY, 4);

        cut.attendMerge(out, lse, other, otherLse, shape);

        assertThat(out.toArray(ValueLayout.JAVA_FLOAT)).containsExactly(-0.0f, 2, -0.0f, 5);
        assertThat(lse.toArray(ValueLayout.JAVA_FLOAT)).containsExactly(3, 4);
    }

    @ParameterizedTest
    @CsvSource({"3, 10, 5, 2", "130, 96, 70, 3", "65, 33, 800, 1"})
    void shouldMultiplyWithSomeColumns(int n, int wide, int out, int from) {
        int in = wide / 2 - 1;
        double[] weight = random(1, out * wide, 1);
        double[] x = random(2, n * in, 1);
        double[] dy = random(3, n * out, 1);
        double[] slice = new double[out * in];
        for (int row = 0; row < out; row++) {
            System.arraycopy(weight, row * wide + from, slice, row * in, in);
        }
        MemorySegment columns = span(arena, weight).asSlice(from * 4L);
        MemorySegment y = span(arena, n * out);
        MemorySegment dx = span(arena, n * in);
        MemorySegment dweight = span(arena, random(4, out * wide, 1));
        double[] before = read(dweight, out * wide);

        cut.linear(span(arena, x), columns, wide, y, n, in, out);
        cut.linearBackward(span(arena, dy), columns, wide, dx, n, in, out);
        cut.linearGradient(span(arena, dy), span(arena, x), dweight.asSlice(from * 4L), wide, n, in, out);

        assertNear("y", read(y, n * out), product(x, slice, n, in, out), BOUND);
        double[] gradient = before.clone();
        double[] back = new double[n * in];
        for (int row = 0; row < n; row++) {
            for (int o = 0; o < out; o++) {
                for (int i = 0; i < in; i++) {
                    back[row * in + i] += dy[row * out + o] * slice[o * in + i];
                    gradient[o * wide + from + i] += dy[row * out + o] * x[row * in + i];
                }
            }
        }
        assertNear("dx", read(dx, n * in), back, BOUND);
        assertNear("dweight", read(dweight, out * wide), gradient, BOUND);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5})
    void shouldAddTheLossOfShardsOfTheVocabulary(int shards) {
        int n = 11;
        int v = 1500;
        double[] x = random(1, n * v, 20);
        int[] labels = IntStream.range(0, n).map(row -> row % 4 == 3 ? -100 : row * 131 % v).toArray();
        List<MemorySegment> statistics =
                IntStream.range(0, shards)
                        .mapToObj(_ -> Memory.of(arena).allocate("s", (long) n * CutOps.STATISTICS_BYTES))
                        .toList();
        List<MemorySegment> logits =
                IntStream.range(0, shards).mapToObj(u -> span(arena, columns(x, n, v, u, shards))).toList();
        MemorySegment total = Memory.of(arena).allocate("total", 16);

        for (int u = 0; u < shards; u++) {
            int first = v * u / shards;
            int count = v * (u + 1) / shards - first;
            cut.crossEntropyShard(logits.get(u), ints(arena, labels), first, statistics.get(u), n, count);
        }
        double[] gradient = new double[n * v];
        for (int u = shards - 1; u >= 0; u--) {
            int first = v * u / shards;
            int count = v * (u + 1) / shards - first;
            cut.crossEntropyGradient(logits.get(u), ints(arena, labels), statistics, u, first, total, n, count);
            double[] part = read(logits.get(u), n * count);
            for (int row = 0; row < n; row++) {
                System.arraycopy(part, row * count, gradient, row * v + first, count);
            }
        }

        double[] expected = new double[n * v];
        double loss = loss(x, labels, n, v, expected);
        assertNear("gradient", gradient, expected, BOUND);
        assertThat(total.get(ValueLayout.JAVA_DOUBLE, 0)).isCloseTo(loss, within(1e-4));
        assertThat(total.get(ValueLayout.JAVA_LONG, 8)).isEqualTo(9);
    }

    @Test
    void shouldRefuseALabelThatNoShardHas() {
        MemorySegment logits = span(arena, 1, 2, 3);
        MemorySegment labels = ints(arena, 3);
        MemorySegment statistics = Memory.of(arena).allocate("s", CutOps.STATISTICS_BYTES);
        MemorySegment total = Memory.of(arena).allocate("total", 16);
        cut.crossEntropyShard(logits, labels, 0, statistics, 1, 3);

        assertThatThrownBy(() -> cut.crossEntropyGradient(logits, labels, List.of(statistics), 0, 0, total, 1, 3))
                .hasMessage("label 3 at position 0 is not in the vocabulary");
    }

    @Test
    void shouldHaveNoLossWhereLogitsAreNoNumbers() {
        MemorySegment logits = span(arena, 1, Double.NaN, 3);
        MemorySegment labels = ints(arena, 1);
        MemorySegment statistics = Memory.of(arena).allocate("s", CutOps.STATISTICS_BYTES);
        MemorySegment total = Memory.of(arena).allocate("total", 16);
        cut.crossEntropyShard(logits, labels, 0, statistics, 1, 3);

        cut.crossEntropyGradient(logits, labels, List.of(statistics), 0, 0, total, 1, 3);

        assertThat(total.get(ValueLayout.JAVA_DOUBLE, 0)).isNaN();
    }

    @Test
    void shouldCutRowsAndDocuments() {
        MemorySegment ids = ints(arena, 1, 2, 3, 4, 5, 6, 7, 8);
        MemorySegment documents = ints(arena, 0, 0, 2, 2, 0, 1, 1, 3);
        MemorySegment to = ints(arena, 0, 0, 0, 0);
        MemorySegment relative = ints(arena, 0, 0, 0, 0);
        MemorySegment within = ints(arena, 0, 0, 0, 0);

        cut.cutRows(ids, to, 2, 4, 2, 2);
        cut.cutDocuments(documents, relative, within, 2, 4, 2, 2);

        assertThat(to.toArray(ValueLayout.JAVA_INT)).containsExactly(3, 4, 7, 8);
        assertThat(relative.toArray(ValueLayout.JAVA_INT)).containsExactly(0, 0, -1, 1);
        assertThat(within.toArray(ValueLayout.JAVA_INT)).containsExactly(0, 0, 0, 1);
        assertThatThrownBy(() -> cut.cutDocuments(ints(arena, 1, 0), relative, within, 1, 2, 0, 1))
                .hasMessage("position 0 of row 0 cannot belong to a document that starts at 1");
    }

    private static double[] second(double[] all) {
        return Arrays.copyOfRange(all, all.length / 2, all.length);
    }

    private static int[] documents(int t, String starts) {
        int[] documents = new int[t];
        for (String start : starts.split(",")) {
            Arrays.fill(documents, Integer.parseInt(start), t, Integer.parseInt(start));
        }
        return documents;
    }

    private static double[] product(double[] x, double[] weight, int n, int in, int out) {
        double[] y = new double[n * out];
        for (int row = 0; row < n; row++) {
            for (int o = 0; o < out; o++) {
                for (int i = 0; i < in; i++) {
                    y[row * out + o] += x[row * in + i] * weight[o * in + i];
                }
            }
        }
        return y;
    }

    private static double[] columns(double[] x, int n, int v, int u, int shards) {
        int first = v * u / shards;
        int count = v * (u + 1) / shards - first;
        double[] columns = new double[n * count];
        for (int row = 0; row < n; row++) {
            System.arraycopy(x, row * v + first, columns, row * count, count);
        }
        return columns;
    }

    private static double loss(double[] x, int[] labels, int n, int v, double[] gradient) {
        double loss = 0;
        for (int row = 0; row < n; row++) {
            if (labels[row] == -100) {
                continue;
            }
            double sum = 0;
            for (int i = 0; i < v; i++) {
                sum += Math.exp(x[row * v + i]);
            }
            for (int i = 0; i < v; i++) {
                gradient[row * v + i] = Math.exp(x[row * v + i]) / sum - (i == labels[row] ? 1 : 0);
            }
            loss += Math.log(sum) - x[row * v + labels[row]];
        }
        return loss;
    }
}
