package dev.pando.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.checkpoint.huggingface.ModelLayout;
import dev.pando.training.model.ModelConfig;
import dev.pando.training.model.ModelTensors;
import dev.pando.training.tensor.TensorTable;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TableTest {
    @Test
    void shouldExportJustTheTensorsThatTheModelTrains() {
        ModelConfig model = new ModelConfig(29, 24, 2, 6, 2, 10, 1e6, 1e-5);
        Map<String, List<Long>> trained = new LinkedHashMap<>();
        for (TensorTable.Entry entry : ModelTensors.table(model).entries()) {
            trained.put(entry.name(), entry.shape());
        }

        assertThat(ModelLayout.INTERNLM2.expected(model)).isEqualTo(trained);
        assertThat(ModelLayout.LLAMA.expected(model)).isEqualTo(trained);
    }
}
