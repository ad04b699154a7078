package dev.pando.evaluation.run;

import dev.pando.evaluation.data.Row;
import dev.pando.evaluation.task.Mode;
import dev.pando.evaluation.task.Task;
import java.util.List;
import java.util.function.Supplier;

/// One question of a task.
///
/// @param id unique within the task
/// @param group such as a subject; empty: none
/// @param prompt SHA-256 of all texts that the model is shown
public record Item(Task task, String id, String group, Row row, Question question, String prompt) {
    /// A question of exactly these tokens.
    ///
    /// @param tokens made when the question is asked
    /// @param shown what a reader sees of it
    /// @param prompt digest of all that decides the tokens
    public static Item ofTokens(
            Task task,
            String id,
            String group,
            Row row,
            Supplier<List<Integer>> tokens,
            String shown,
            List<String> references,
            String prompt) {
        return new Item(task, id, group, row, new Question.Tokens(tokens, shown, references), prompt);
    }

    /// The prompt, for a reader.
    public String shown() {
        return switch (question) {
            case Question.Choices choices ->
                    task.mode() instanceof Mode.Contexts ? "" : choices.pairs().getFirst().context();
            case Question.Likelihood likelihood -> likelihood.pair().context();
            case Question.Whole whole -> whole.text();
            case Question.Prompt asked -> String.join("\n\n", asked.turns());
            case Question.Tokens asked -> asked.shown();
        };
    }

    /// The choices, for a reader; none where a text is written or scored.
    public List<String> choices() {
        return switch (question) {
            case Question.Choices choices ->
                    task.mode() instanceof Mode.Contexts
                            ? choices.pairs().stream().map(pair -> pair.context() + pair.continuation()).toList()
                            : choices.texts();
            case Question.Likelihood _, Question.Whole _, Question.Prompt _, Question.Tokens _ -> List.of();
        };
    }
}
