package dev.pando.training.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.pando.training.tensor.CounterRandom;
import dev.pando.training.tensor.Memory;
import dev.pando.training.tensor.TensorTable;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelTensorsTest {
    @ParameterizedTest
    @CsvSource({
        "internlm2-1_8b, 1889110016",
        "internlm2-7b, 7737708544",
        "internlm2-20b, 19861149696",
        "S, 6450432",
        "quickstart, 3147456",
    })
    void shouldHaveTheParametersOfThePublishedModels(String preset, long parameters) {
        assertThat(ModelTensors.table(ModelPreset.of(preset).config()).parameters()).isEqualTo(parameters);
    }

    @Test
    void shouldNameTensorsAsTheHuggingFaceCheckpointDoes() {
        TensorTable table = ModelTensors.table(ModelPreset.INTERNLM2_1_8B.config());

        assertThat(table.entries()).hasSize(24 * 7 + 3);
        assertThat(table.get("model.layers.23.attention.wqkv.weight").shape()).isEqualTo(List.of(4096L, 2048L));
        assertThat(table.get("model.layers.0.feed_forward.w2.weight").shape()).isEqualTo(List.of(2048L, 8192L));
        assertThat(table.get("output.weight").shape()).isEqualTo(List.of(92_544L, 2048L));
        assertThat(table.get("model.norm.weight").shape()).isEqualTo(List.of(2048L));
    }

    @Test
    void shouldListThePresetsWhereOneIsUnknown() {
        assertThatThrownBy(() -> ModelPreset.of("internlm2-1.8b"))
                .hasMessage(
                        "no model preset \"internlm2-1.8b\"; there are internlm2-1_8b, internlm2-7b, internlm2-20b, "
                                + "quickstart, S, M");
    }

    @Test
    void shouldInitialiseAsInternEvoDoes() {
        ModelConfig model = new ModelConfig(199, 64, 3, 4, 2, 96, 1e6, 1e-5);
        TensorTable table = ModelTensors.table(model);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment weights = Memory.of(arena).allocate("weights", table.bytes());

            Initialization.fill(table, 7, weights);

            for (TensorTable.Entry entry : table.entries()) {
                MemorySegment tensor = entry.in(weights);
                if (entry.shape().size() == 1) {
                    assertThat(tensor.getAtIndex(ValueLayout.JAVA_FLOAT, 3)).isOne();
                    continue;
                }
                double sum = 0;
                double squares = 0;
                for (long i = 0; i < entry.length(); i++) {
                    double value = tensor.getAtIndex(ValueLayout.JAVA_FLOAT, i);
                    sum += value;
                    squares += value * value;
                }
                double deviation = Initialization.deviation(entry.name());
                double spread = 5 / Math.sqrt(entry.length()); // five standard errors
                assertThat(sum / entry.length()).isCloseTo(0, within(deviation * spread));
                assertThat(Math.sqrt(squares / entry.length()) / deviation).isCloseTo(1, within(spread));
            }
            assertThat(Initialization.deviation("model.layers.2.attention.wo.weight"))
                    .isCloseTo(0.02 / Math.sqrt(6), within(1e-12));
            assertThat(Initialization.deviation("model.layers.2.feed_forward.w1.weight")).isEqualTo(0.02);
        }
    }

    @Test
    void shouldGiveAnyElementAlone() {
        ModelConfig model = new ModelConfig(11, 6, 1, 1, 1, 5, 1e4, 1e-5);
        TensorTable table = ModelTensors.table(model);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment weights = Memory.of(arena).allocate("weights", table.bytes());
            Initialization.fill(table, 3, weights);

            float alone = (float) (0.02 * CounterRandom.normal(CounterRandom.key(3, "output.weight"), 17));

            assertThat(table.get("output.weight").in(weights).getAtIndex(ValueLayout.JAVA_FLOAT, 17)).isEqualTo(alone);
        }
    }
}
