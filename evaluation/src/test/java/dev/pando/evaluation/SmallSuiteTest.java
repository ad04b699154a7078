package dev.pando.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.evaluation.result.TaskScore;
import dev.pando.evaluation.run.Journal;
import dev.pando.evaluation.task.Dimension;
import dev.pando.evaluation.task.Mode;
import java.lang.foreign.Arena;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SmallSuiteTest {
    private final Suite suite = Suite.prepare(List.of(Catalogue.SMALL), Optional.empty(), 0);

    @Test
    void shouldScoreAModelInEveryDimension() {
        try (Arena arena = Arena.ofShared()) {
            Suite.Outcome outcome = suite.ask(Models.random(arena, 512), Journal.inMemory(), 2, 4, (_, _, _) -> {});

            assertThat(outcome.results()).hasSize(suite.size());
            assertThat(outcome.score().dimensions().keySet())
                    .containsExactlyElementsOf(
                            java.util.Arrays.stream(Dimension.values()).map(Dimension::title).toList());
        }
    }

    @Test
    void shouldFindAModelRightThatWritesTheReferences() {
        Map<String, String> answers = new HashMap<>();
        suite.items()
                .forEach(item -> {
                    if (item.task().mode() instanceof Mode.Generation how && !how.references().isEmpty()) {
                        String prompt = item.task().prompt().render(item.row());
                        answers.put(prompt.strip(), how.references().getFirst().render(item.row()));
                    }
                });

        Suite.Outcome outcome =
                suite.ask(
                        Models.scripted(prompt ->
                                answers.entrySet().stream()
                                        .filter(each -> prompt.strip().endsWith(each.getKey()))
                                        .map(Map.Entry::getValue)
                                        .findFirst()
                                        .orElse("")),
                        Journal.inMemory(),
                        1,
                        1,
                        (_, _, _) -> {});

        assertThat(outcome.score().tasks().stream().filter(task -> answered(task.task())).map(TaskScore::score))
                .isNotEmpty()
                .allMatch(score -> score == 1);
    }

    private boolean answered(String name) {
        return suite.tasks().stream()
                .filter(task -> task.name().equals(name))
                .anyMatch(task -> task.mode() instanceof Mode.Generation how && !how.references().isEmpty());
    }
}
