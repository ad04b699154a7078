package dev.pando.evaluation.task;

import dev.pando.evaluation.data.DataSource;
import dev.pando.evaluation.data.Template;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A benchmark as data: what to read, what to ask, and how to score.
///
/// @param name by which it is asked for
/// @param about where it comes from and under which licence
/// @param data its records
/// @param include files whose text becomes a field of each record, by the field's name
/// @param fields that are added to each record, in this order
/// @param group of a record, such as a subject; scores are given for each
/// @param id of a record; empty: its place, from 0 on
/// @param system what a chat model is told first; empty: nothing
/// @param description text before the examples and the question
/// @param delimiter between prompt and answer of an example
/// @param chat whether prompts are turns of a conversation (ChatML)
/// @param definition the text of the definition with all defaults, whose digest tells whether scores can be compared
public record Task(
        String name,
        String title,
        Dimension dimension,
        String about,
        DataSource data,
        Map<String, DataSource> include,
        Map<String, Template> fields,
        Optional<Template> group,
        Optional<Template> id,
        Optional<Template> system,
        Optional<Template> description,
        Template prompt,
        String delimiter,
        Shots shots,
        boolean chat,
        Mode mode,
        String definition) {
    /// Names of the metrics that an item gets, the one that counts first.
    public List<String> metrics() {
        return switch (mode) {
            case Mode.Choice choice -> List.of(metric(choice.normalise()));
            case Mode.Contexts _, Mode.LogLikelihood _ -> List.of("accuracy");
            case Mode.Perplexity _ -> List.of("bits per byte");
            case Mode.Generation generation -> List.of(generation.scorer().metric());
        };
    }

    /// @throws dev.pando.evaluation.data.EvaluationException if this machine cannot score it, saying why
    public void check() {
        if (mode instanceof Mode.Generation generation) {
            generation.scorer().check();
        }
    }

    /// Whether larger is better, and 1 the best; so it is with all but perplexities.
    public boolean counts() {
        return !(mode instanceof Mode.Perplexity);
    }

    /// What the accuracy by one normalisation is called.
    public static String metric(Normalise normalise) {
        return normalise == Normalise.NONE ? "accuracy" : "accuracy by " + Section.written(normalise);
    }
}
