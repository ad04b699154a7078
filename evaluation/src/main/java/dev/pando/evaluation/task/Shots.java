package dev.pando.evaluation.task;

import dev.pando.evaluation.data.DataSource;
import dev.pando.evaluation.data.Row;
import dev.pando.evaluation.data.Template;
import java.util.List;
import java.util.Optional;

/// Worked examples that stand before a question, always the same ones in the same order.
///
/// @param count how many, the first ones
/// @param source files that they are read from; empty: the task's own records, without the one that is asked
/// @param examples written in the task file itself
/// @param prompt of an example; empty: as the task's own
/// @param answer of an example; empty: the gold choice, the continuation or the first reference
/// @param separator behind each example
public record Shots(
        int count,
        Optional<DataSource> source,
        List<Row> examples,
        Optional<Template> prompt,
        Optional<Template> answer,
        String separator) {
    static final Shots NONE = new Shots(0, Optional.empty(), List.of(), Optional.empty(), Optional.empty(), "\n\n");
}
