package dev.pando.training.ops;

import static dev.pando.training.tensor.Numbers.assertNear;
import static dev.pando.training.tensor.Numbers.random;
import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.training.model.RopeScaling;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The part of the [OpsContract] that is about attention: heads, documents, tiles, caches.
public abstract class AttentionContract extends ContractedBackend {
    @ParameterizedTest
    @CsvSource({"2, 3, 2, 1, 6", "1, 5, 3, 3, 2", "3, 11, 6, 2, 34", "1, 7, 2, 1, 32"})
    void shouldTurnQueriesAndKeysAndTurnThemBack(int b, int t, int heads, int kvHeads, int headSize) {
        AttentionShape shape = new AttentionShape(b, t, heads, kvHeads, headSize);
        int[] documents = documents(shape, 3);
        double[] x = random(1, shape.n() * shape.qkvWidth(), 1);
        RotaryTable table = RotaryTable.of(t, RopeScaling.none().frequencies(headSize, 1e4, t), ops, memory);
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
        "2, 800, 4, 2, 6, 450", // documents across several tiles, whose first tile some queries do not see
        "1, 1100, 2, 1, 4, 2000", // tiles at every distance
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

    /// Tiles of keys that began with the oldest document among some queries would be others for the same document.
    @Test
    void shouldGiveADocumentTheSameBitsWhateverItsNeighboursAre() {
        int begin = 521; // inside a tile of queries and a tile of keys
        AttentionShape shape = new AttentionShape(1, 576, 4, 2, 16);
        int[] afterOne = new int[576];
        Arrays.fill(afterOne, begin, 576, begin);
        int[] afterTwo = afterOne.clone();
        Arrays.fill(afterTwo, 300, begin, 300);
        double[] x = random(1, shape.n() * shape.qkvWidth(), 3);
        double[] dy = random(2, shape.n() * shape.width(), 1);

        double[][] one = attended(x, dy, afterOne, shape);
        double[][] two = attended(x, dy, afterTwo, shape);

        for (int i = 0; i < one.length; i++) {
            int from = begin * (one[i].length / shape.n());
            assertThat(Arrays.copyOfRange(one[i], from, one[i].length))
                    .as(List.of("out", "logSumExp", "dqkv").get(i))
                    .isEqualTo(Arrays.copyOfRange(two[i], from, two[i].length));
        }
    }

    /// @return out, logSumExp, dqkv
    private double[][] attended(double[] x, double[] dy, int[] documents, AttentionShape shape) {
        MemorySegment qkv = span(x);
        MemorySegment starts = ints(documents);
        MemorySegment out = span(shape.n() * shape.width());
        MemorySegment logSumExp = span(shape.n() * shape.heads());
        MemorySegment dqkv = span(x.length);
        ops.attend(qkv, starts, out, logSumExp, shape);
        ops.attendBackward(span(dy), qkv, starts, out, logSumExp, dqkv, shape);
        return new double[][] {
            read(out, shape.n() * shape.width()), read(logSumExp, shape.n() * shape.heads()), read(dqkv, x.length)
        };
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
}
