package dev.pando.checkpoint.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// Slices against sets of element numbers.
class SliceTest {
    private static final int ELEMENTS = 120;

    private static BitSet elements(Slice slice) {
        BitSet set = new BitSet();
        for (long run = 0; run < slice.count(); run++) {
            int from = (int) (slice.start() + run * slice.stride());
            set.set(from, from + (int) slice.run());
        }
        return set;
    }

    private static Slice any(Random random) {
        while (true) {
            long run = random.nextInt(9);
            Slice slice = new Slice(random.nextInt(60), run, run + random.nextInt(9), 1 + random.nextInt(7));
            if (slice.end() <= ELEMENTS) {
                return slice;
            }
        }
    }

    @Test
    void shouldMeetWhereTheirElementsMeet() {
        Random random = new Random(7);
        for (int round = 0; round < 20_000; round++) {
            Slice left = any(random);
            Slice right = any(random);
            int from = random.nextInt(ELEMENTS);
            int to = from + random.nextInt(20);

            assertThat(left.elements()).isEqualTo(elements(left).cardinality());
            assertThat(left.touches(right))
                    .as(left + " " + right)
                    .isEqualTo(elements(left).intersects(elements(right)));
            BitSet range = new BitSet();
            range.set(from, to);
            assertThat(left.touches(from, to))
                    .as(left + " " + from + " " + to)
                    .isEqualTo(elements(left).intersects(range));
        }
    }

    @Test
    void shouldWalkExactlyWhatARangeShares() {
        Random random = new Random(8);
        for (int round = 0; round < 20_000; round++) {
            Slice slice = any(random);
            int from = random.nextInt(ELEMENTS);
            int to = from + random.nextInt(40);
            BitSet expected = elements(slice);
            expected.clear(0, from);
            expected.clear(Math.max(from, to), ELEMENTS + 60);

            BitSet walked = new BitSet();
            slice.walk(
                    from,
                    to,
                    (at, inPart, length) -> {
                        walked.set((int) at, (int) (at + length));
                        assertThat(inPart).isEqualTo(elements(slice).get(0, (int) at).cardinality());
                    });

            assertThat(walked).as(slice + " " + from + " " + to).isEqualTo(expected);
        }
    }

    @Test
    void shouldFindHolesAndOverlaps() {
        Random random = new Random(9);
        for (int round = 0; round < 20_000; round++) {
            List<Slice> slices = Stream.generate(() -> any(random)).limit(1 + random.nextInt(3)).toList();
            BitSet union = new BitSet();
            int sum = 0;
            for (Slice slice : slices) {
                union.or(elements(slice));
                sum += (int) slice.elements();
            }
            int elements = random.nextBoolean() ? union.cardinality() : union.length();

            boolean whole = union.cardinality() == sum && union.length() == elements && sum == elements;
            assertThat(Coverage.fault(elements, slices) == null).as(slices + " of " + elements).isEqualTo(whole);
        }
    }

    @Test
    void shouldBeColumnsAlongTheLastDimensionAndARangeAlongTheFirst() {
        List<Long> shape = List.of(4L, 6L, 5L);

        assertThat(Slice.along(shape, 0, 1, 3)).isEqualTo(Slice.range(30, 90));
        assertThat(Slice.along(shape, 1, 2, 4)).isEqualTo(new Slice(10, 10, 30, 4));
        assertThat(Slice.along(shape, 2, 4, 5)).isEqualTo(new Slice(4, 1, 5, 24));
        assertThatThrownBy(() -> Slice.along(shape, 2, 4, 6))
                .hasMessage("no range 4 to 6 along dimension 2 of 4 x 6 x 5");
    }

    @Test
    void shouldCutToWhatFitsAFileWithoutLosingAnElement() {
        Random random = new Random(10);
        for (int round = 0; round < 2_000; round++) {
            Slice slice = any(random);
            TensorPart part =
                    new TensorPart(
                            "t",
                            List.of((long) ELEMENTS),
                            slice,
                            java.lang.foreign.Arena.ofAuto().allocate(slice.elements() * Float.BYTES));
            long most = 1L + random.nextInt(40);

            List<TensorPart> cut = ShardPlan.cut(part, most * Float.BYTES);

            BitSet union = new BitSet();
            cut.forEach(piece -> union.or(elements(piece.slice())));
            assertThat(union).isEqualTo(elements(slice));
            assertThat(cut.stream().mapToLong(piece -> piece.slice().elements()).sum()).isEqualTo(slice.elements());
            assertThat(cut).allMatch(piece -> piece.slice().elements() <= most);
        }
    }
}
