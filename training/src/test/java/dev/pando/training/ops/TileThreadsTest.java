package dev.pando.training.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TileThreadsTest {
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5})
    void shouldRunEveryTileOnce(int count) {
        try (TileThreads threads = new TileThreads("test", count)) {
            for (int tiles = 0; tiles < 200; tiles++) {
                AtomicIntegerArray runs = new AtomicIntegerArray(tiles);

                threads.run((tile, _) -> runs.incrementAndGet(tile), tiles);

                for (int tile = 0; tile < tiles; tile++) {
                    assertThat(runs.get(tile)).isOne();
                }
            }
        }
    }

    @Test
    void shouldKeepRunsApartThatFollowEachOtherAtOnce() {
        try (TileThreads threads = new TileThreads("test", 4)) {
            AtomicIntegerArray few = new AtomicIntegerArray(2);
            AtomicIntegerArray many = new AtomicIntegerArray(61);

            for (int round = 0; round < 20_000; round++) {
                threads.run((tile, _) -> few.incrementAndGet(tile), 2);
                threads.run((tile, _) -> many.incrementAndGet(tile), 61);
            }

            for (int tile = 0; tile < 61; tile++) {
                assertThat(many.get(tile)).isEqualTo(20_000);
            }
            assertThat(few.get(0)).isEqualTo(20_000);
            assertThat(few.get(1)).isEqualTo(20_000);
        }
    }

    @Test
    void shouldCallNoMoreThreadsThanItWasGiven() {
        Set<String> names = ConcurrentHashMap.newKeySet();
        Set<Integer> numbers = ConcurrentHashMap.newKeySet();
        try (TileThreads threads = new TileThreads("aspen", 3)) {
            for (int run = 0; run < 500; run++) {
                threads.run(
                        (_, lane) -> {
                            names.add(Thread.currentThread().getName());
                            numbers.add(lane);
                        },
                        64);
            }
        }

        assertThat(names).isSubsetOf(Thread.currentThread().getName(), "aspen-lane-1", "aspen-lane-2");
        assertThat(numbers).isSubsetOf(0, 1, 2);
    }

    @Test
    void shouldThrowWhatATileThrewAndGoOn() {
        try (TileThreads threads = new TileThreads("test", 2)) {
            assertThatThrownBy(() ->
                            threads.run(
                                    (tile, _) -> {
                                        if (tile == 7) {
                                            throw new IllegalArgumentException("seven");
                                        }
                                    },
                                    20))
                    .hasRootCauseMessage("seven");

            AtomicIntegerArray runs = new AtomicIntegerArray(1);
            threads.run((_, _) -> runs.incrementAndGet(0), 20);
            assertThat(runs.get(0)).isEqualTo(20);
        }
    }
}
