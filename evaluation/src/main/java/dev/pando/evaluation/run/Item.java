package dev.pando.evaluation.run;

import dev.pando.evaluation.data.Row;
import dev.pando.evaluation.task.Mode;
import dev.pando.evaluation.task.Task;
import java.util.List;

/// One question of a task.
///
/// @param id unique within the task
/// @param group such as a subject; empty: none
/// @param prompt SHA-256 of all texts that the model is shown
public record Item(Task task, String id, String group, Row row, Question question, String prompt) {
    /// The prompt, for a reader.
    public String shown() {
        return switch (question) {
            case Question.Choices choices ->
                    task.mode() instanceof Mode.Contexts ? "" : choices.pairs().getFirst().context();
            case Question.Likelihood likelihood -> likelihood.pair().context();
            case Question.Whole whole -> whole.text();
            case Question.Prompt asked -> String.join("\n\n", asked.turns());
        };
    }

    /// The choices, for a reader; none where a text is written or scored.
    public List<String> choices() {
        return switch (question) {
            case Question.Choices choices ->
                    task.mode() instanceof Mode.Contexts
                            ? choices.pairs().stream().map(pair -> pair.context() + pair.continuation()).toList()
                            : choices.texts();
            case Question.Likelihood _, Question.Whole _, Question.Prompt _ -> List.of();
        };
    }
}
