package dev.pando.evaluation.run;

import dev.pando.evaluation.data.Row;
import dev.pando.evaluation.task.Task;

/// One question of a task.
///
/// @param id unique within the task
/// @param group such as a subject; empty: none
/// @param prompt SHA-256 of all texts that the model is shown
public record Item(Task task, String id, String group, Row row, Question question, String prompt) {}
