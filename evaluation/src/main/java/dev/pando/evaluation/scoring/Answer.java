package dev.pando.evaluation.scoring;

import dev.pando.evaluation.data.Row;
import java.util.List;

/// What a model wrote, and what it is held against.
///
/// @param text after the task's post-processing
/// @param raw as the model wrote it
/// @param references what would have been right, any of them
/// @param row the record that was asked
public record Answer(String text, String raw, List<String> references, Row row) {
    public Answer {
        references = List.copyOf(references);
    }
}
