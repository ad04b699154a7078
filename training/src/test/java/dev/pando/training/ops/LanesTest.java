package dev.pando.training.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LanesTest {
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5})
    void shouldRunEveryTileOnce(int threads) {
        try (Lanes lanes = new Lanes("test", threads)) {
            for (int count = 0; count < 200; count++) {
                AtomicIntegerArray runs = new AtomicIntegerArray(count);

                lanes.run((tile, _) -> runs.incrementAndGet(tile), count);

                for (int tile = 0; tile < count; tile++) {
                    assertThat(runs.get(tile)).isOne();
                }
            }
        }
    }

    @Test
    void shouldKeepRunsApartThatFollowEachOtherAtOnce() {
        try (Lanes lanes = new Lanes("test", 4)) {
            AtomicIntegerArray few = new AtomicIntegerArray(2);
            AtomicIntegerArray many = new AtomicIntegerArray(61);

            for (int round = 0; round < 20_000; round++) {
                lanes.run((tile, _) -> few.incrementAndGet(tile), 2);
                lanes.run((tile, _) -> many.incrementAndGet(tile), 61);
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
        try (Lanes lanes = new Lanes("aspen", 3)) {
            for (int run = 0; run < 500; run++) {
                lanes.run(
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
        try (Lanes lanes = new Lanes("test", 2)) {
            assertThatThrownBy(() ->
                            lanes.run(
                                    (tile, _) -> {
                                        if (tile == 7) {
                                            throw new IllegalArgumentException("seven");
                                        }
                                    },
                                    20))
                    .hasRootCauseMessage("seven");

            AtomicIntegerArray runs = new AtomicIntegerArray(1);
            lanes.run((_, _) -> runs.incrementAndGet(0), 20);
            assertThat(runs.get(0)).isEqualTo(20);
        }
    }
}
