package dev.pando.evaluation.result;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.pando.evaluation.Catalogue;
import dev.pando.evaluation.Models;
import dev.pando.evaluation.Suite;
import dev.pando.evaluation.run.ItemResult;
import dev.pando.evaluation.run.Journal;
import dev.pando.evaluation.task.Task;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ComparisonTest {
    private static final Task TASK =
            Catalogue.suites().get("small").stream()
                    .filter(task -> task.name().equals("sums"))
                    .findFirst()
                    .orElseThrow();

    @Test
    void shouldHoldTheIntervalOfAPairedBootstrap() {
        // 200 items: 40 better, 10 worse; the mean of differences is 0.15, its standard error 0.0336
        Comparison.Difference difference = compare(200, 40, 10).tasks().getFirst();

        assertThat(difference.difference()).isEqualTo(30 / 200.0);
        assertThat(difference.better()).isEqualTo(40);
        assertThat(difference.worse()).isEqualTo(10);
        assertThat(difference.isClear()).isTrue();
        // 1.96 standard errors on either side, within a tenth: what 10,000 draws of a lattice of 1/200 allow
        assertThat(difference.low()).isBetween(0.15 - 0.0658 * 1.1, 0.15 - 0.0658 * 0.9);
        assertThat(difference.high()).isBetween(0.15 + 0.0658 * 0.9, 0.15 + 0.0658 * 1.1);
        assertThat(compare(200, 40, 10)).isEqualTo(compare(200, 40, 10));
    }

    @Test
    void shouldNotBeClearWhereTheSameItemsAreWonAndLost() {
        assertThat(compare(50, 6, 5).tasks().getFirst().isClear()).isFalse();
        assertThat(compare(50, 0, 0).dimensions().getFirst().high()).isZero();
    }

    @Test
    void shouldGiveTheReportAllThatItDraws() throws JsonProcessingException {
        Suite suite = Suite.prepare(List.of("sums", "capitals", "texts"), Optional.empty(), 3);
        Suite.Outcome outcome = suite.ask(Models.scripted(_ -> "4"), Journal.inMemory(), 1, 1, (_, _, _) -> {});
        Comparison same = Comparison.of(suite.tasks(), outcome.results(), outcome.results());

        String json =
                JsonMapper.builder()
                        .build()
                        .writeValueAsString(
                                ReportData.of(
                                        "versions",
                                        "command",
                                        List.of(outcome.score(), outcome.score()),
                                        List.of(same),
                                        suite.items(),
                                        List.of(outcome.results(), outcome.results())));

        JsonNode data = JsonMapper.builder().build().readTree(json);
        assertThat(data.at("/models/0/tasks/0/standard_error").isNumber()).isTrue();
        assertThat(data.at("/comparisons/0/tasks/0/difference").asDouble()).isZero();
        assertThat(data.at("/items")).hasSize(9);
        assertThat(data.at("/items/0/answers/1/text").asText()).isEqualTo("4");
        assertThat(data.at("/items/3/choices")).hasSize(4);
        assertThat(ScoreTable.lines(same)).anyMatch(line -> line.contains("+0.0"));
    }

    private static Comparison compare(int items, int better, int worse) {
        List<ItemResult> first = new ArrayList<>();
        List<ItemResult> second = new ArrayList<>();
        for (int i = 0; i < items; i++) {
            first.add(result("first", i, i >= better && i < better + worse ? 1 : 0));
            second.add(result("second", i, i < better ? 1 : 0));
        }
        return Comparison.of(List.of(TASK), first, second);
    }

    private static ItemResult result(String model, int id, double score) {
        return new ItemResult(
                model,
                "sums",
                Integer.toString(id),
                "",
                "",
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                "",
                List.of(),
                -1,
                score,
                Map.of(),
                List.of(),
                "");
    }
}
