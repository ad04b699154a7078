package dev.pando.training.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pando.training.model.ModelConfig;
import dev.pando.training.model.ModelTensors;
import org.junit.jupiter.api.Test;

class TensorTableTest {
    @Test
    void shouldMakeEachLayerAPartBetweenTheEmbeddingAndTheHead() {
        TensorTable table = ModelTensors.table(new ModelConfig(211, 60, 3, 6, 2, 83, 1e4, 1e-5));

        assertThat(table.parts())
                .extracting(TensorTable.Range::part)
                .containsExactly(new Part(0, 0), new Part(1, 0), new Part(2, 0), new Part(3, 0), new Part(4, 0));
        assertThat(table.parts().get(2).offset()).isEqualTo(table.get("model.layers.1.attention.wqkv.weight").offset());
        assertThat(table.parts().getLast().offset()).isEqualTo(table.get("model.norm.weight").offset());
        assertThat(table.parts().getLast().offset() + table.parts().getLast().length()).isEqualTo(table.length());
    }

    @Test
    void shouldPutATableWithoutPartsIntoOne() {
        TensorTable table = new TensorTable.Builder().add("w", 7).add("v", 20).build();

        assertThat(table.parts()).containsExactly(new TensorTable.Range(new Part(0, 0), 0, 48));
        assertThat(table.bounds()).containsExactly(0, 48);
    }

    @Test
    void shouldRefusePartsThatDoNotAscend() {
        TensorTable.Builder table = new TensorTable.Builder().part(1, 0).add("w", 7);

        assertThatThrownBy(() -> table.part(1, 0)).hasMessageContaining("cannot follow");
    }
}
