package dev.pando.bench.step;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/// Oracle: the formulas of bench/README.md, worked out by hand.
final class WorkloadTest {
    @Test
    void shouldCountOperationsOfMatrixWeightsAndTheCausalHalfOfAttention() {
        // a layer: wqkv 512 x 256, wo 256 x 256, w1 w2 w3 688 x 256 each; and the head, 4096 x 256
        double weights = 6 * (512.0 * 256 + 256 * 256 + 3 * 688 * 256) + 4096 * 256;

        assertThat(Workload.S.parameters())
                .as("weights, embedding, 13 norms")
                .isEqualTo((long) weights + 4096 * 256 + 13 * 256);
        assertThat(Workload.S.matmulFlops()).isEqualTo(6 * weights * 2048);
        // 6 layers, 6 products (2 forward, 4 backward) of 256 x 256 x 256, 2 operations, 8 rows, half of it
        assertThat(Workload.S.attentionFlops()).isEqualTo(6.0 * 6 * 256 * 256 * 256 * 2 * 8 / 2);
    }

    @Test
    void shouldBeOfTheSizesThatThePeersPageStates() {
        assertThat(Workload.M.parameters() / 1e6).isBetween(31.55, 31.65);
        assertThat(Workload.M.tokens()).isEqualTo(2048);
    }
}
