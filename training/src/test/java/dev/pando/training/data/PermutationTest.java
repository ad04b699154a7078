package dev.pando.training.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.stream.LongStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class PermutationTest {
    @Property(tries = 300)
    void shouldVisitEveryPlaceOnce(
            @ForAll long seed, @ForAll @LongRange(min = 0) long pass, @ForAll @IntRange(min = 1, max = 3000) int size) {
        Permutation permutation = new Permutation(seed, pass, 1, size);
        BitSet seen = new BitSet();

        for (int place = 0; place < size; place++) {
            seen.set(Math.toIntExact(permutation.at(place)));
        }

        assertThat(seen.cardinality()).isEqualTo(size);
        assertThat(seen.length()).isEqualTo(size);
    }

    @Property(tries = 300)
    void shouldStayInsideSizesBeyondInt(
            @ForAll long seed, @ForAll @LongRange(min = 1L << 32, max = 1L << 46) long size) {
        assertThat(new Permutation(seed, 0, 1, size).at(size - 1)).isBetween(0L, size - 1);
    }

    @Test
    void shouldShuffleDifferentlyForEachSeedPassAndSite() {
        assertThat(
                        LongStream.of(
                                        order(new Permutation(1, 0, 1, 100)),
                                        order(new Permutation(2, 0, 1, 100)),
                                        order(new Permutation(1, 1, 1, 100)),
                                        order(new Permutation(1, 0, 2, 100)),
                                        order(new Permutation(0, 1, 1, 100)))
                                .distinct())
                .hasSize(5);
    }

    @Test
    void shouldPutEveryElementAnywhereAboutEquallyOften() {
        int size = 7;
        int shuffles = 70_000;
        int[][] counts = new int[size][size];

        for (int pass = 0; pass < shuffles; pass++) {
            Permutation permutation = new Permutation(1024, pass, 1, size);
            for (int place = 0; place < size; place++) {
                counts[place][(int) permutation.at(place)]++;
            }
        }

        // 10,000 each, give or take five standard deviations (93) of a binomial count
        for (int[] row : counts) {
            for (int count : row) {
                assertThat(count).isBetween(10_000 - 465, 10_000 + 465);
            }
        }
    }

    private static long order(Permutation permutation) {
        long hash = 0;
        for (int place = 0; place < 100; place++) {
            hash = hash * 1_000_003 + permutation.at(place);
        }
        return hash;
    }
}
