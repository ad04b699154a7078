package dev.pando.diagnosis.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.pando.diagnosis.Verdict;
import dev.pando.diagnosis.judge.Diagnoser;
import dev.pando.diagnosis.rule.RuleSet;
import java.util.List;
import org.junit.jupiter.api.Test;

final class VerdictTextTest {
    private final Verdict verdict =
            new Diagnoser(RuleSet.standard())
                    .diagnose(
                            "a.log",
                            List.of(
                                    "step 3 loss: 2.0",
                                    "gpu-9:1:2 [0] NCCL WARN Cuda failure 'uncorrectable ECC error encountered'"));

    @Test
    void shouldHaveTheKeysThatMachinesReadAsOneLine() throws Exception {
        String json = VerdictText.json(verdict);

        JsonNode object = new ObjectMapper().readTree(json);
        assertThat(json).doesNotContain("\n");
        assertThat(object.get("file").asText()).isEqualTo("a.log");
        assertThat(object.get("reason").asText()).isEqualTo("ECC Error");
        assertThat(object.get("category").asText()).isEqualTo("infrastructure");
        assertThat(object.get("action").asText()).isEqualTo("cordon_node");
        assertThat(object.get("node").asText()).isEqualTo("gpu-9");
        assertThat(object.get("evidence").get(0).get("line").asLong()).isEqualTo(2);
        assertThat(object.get("confidence").asDouble()).isBetween(0.5, 1.0);
        assertThat(object.get("sentence").asText()).contains("gpu-9");
    }

    @Test
    void shouldTellAPersonInFiveLines() {
        assertThat(VerdictText.lines(verdict).lines().map(String::strip))
                .hasSize(6) // the file's name and five
                .element(1)
                .asString()
                .startsWith("what");
    }
}
