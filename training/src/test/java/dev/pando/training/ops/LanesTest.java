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
    void shouldCallNoMoreThreadsThanItWasGiven() {
        Set<String> names = ConcurrentHashMap.newKeySet();
        Set<Integer> numbers = ConcurrentHashMap.newKeySet();
        try (Lanes lanes = new Lanes("aspen", 3)) {
            for (int run = 0; run < 500; run++) {
                lanes.run((_, lane) -> {
                    names.add(Thread.currentThread().getName());
                    numbers.add(lane);
                }, 64);
            }
        }

        assertThat(names).isSubsetOf(Thread.currentThread().getName(), "aspen-lane-1", "aspen-lane-2");
        assertThat(numbers).isSubsetOf(0, 1, 2);
    }

    @Test
    void shouldThrowWhatATileThrewAndGoOn() {
        try (Lanes lanes = new Lanes("test", 2)) {
            assertThatThrownBy(() -> lanes.run((tile, _) -> {
                if (tile == 7) {
                    throw new IllegalArgumentException("seven");
                }
            }, 20)).hasRootCauseMessage("seven");

            AtomicIntegerArray runs = new AtomicIntegerArray(1);
            lanes.run((_, _) -> runs.incrementAndGet(0), 20);
            assertThat(runs.get(0)).isEqualTo(20);
        }
    }
}
