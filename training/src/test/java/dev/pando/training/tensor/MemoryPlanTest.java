package dev.pando.training.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.training.tensor.MemoryPlan.Part;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class MemoryPlanTest {
    private static final long MIB = 1 << 20;

    @Test
    void shouldAddUpWhatSpansAreForAndNameTheLargest() {
        MemoryPlan plan =
                MemoryPlan.of(
                        Stream.of(
                                new Part("weights", 1024 * MIB),
                                new Part("tokens: ids", MIB / 2),
                                new Part("activations: gate 0", 768 * MIB),
                                new Part("activations: gate 1", 768 * MIB),
                                new Part("logits", 2 * MIB)));

        assertThat(plan.bytes()).isEqualTo((1024 + 2 * 768 + 2) * MIB + MIB / 2);
        assertThat(plan.parts()).startsWith(new Part("activations", 1536 * MIB), new Part("weights", 1024 * MIB));
        assertThat(plan.words(2)).isEqualTo("1.5 GiB activations, 1.0 GiB weights, 2.5 MiB the rest");
        assertThat(plan.words(4)).endsWith("2.0 MiB logits, 0.5 MiB tokens");
    }
}
