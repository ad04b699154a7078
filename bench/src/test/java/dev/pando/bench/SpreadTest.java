package dev.pando.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class SpreadTest {
    @Test
    void shouldLieBetweenSamplesInProportion() {
        assertThat(Spread.of(5, 1, 4, 2, 3)).isEqualTo(new Spread(1.4, 3, 4.6));
        assertThat(Spread.of(1, 2).median()).isEqualTo(1.5);
        assertThat(Spread.of(7)).isEqualTo(new Spread(7, 7, 7));
    }
}
