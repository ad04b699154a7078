package dev.pando.evaluation.result;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import dev.pando.evaluation.run.ItemResult;
import dev.pando.evaluation.task.Dimension;
import dev.pando.evaluation.task.Task;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The scores of one model: of each task, and the mean of each dimension's tasks.
@JsonPropertyOrder({"model", "dimensions", "tasks"})
public record ModelScore(String model, Map<String, Double> dimensions, List<TaskScore> tasks) {
    /// @param results of this model alone
    public static ModelScore of(String model, List<Task> tasks, List<ItemResult> results) {
        Map<String, List<ItemResult>> byTask = new LinkedHashMap<>();
        results.forEach(result -> byTask.computeIfAbsent(result.task(), _ -> new ArrayList<>()).add(result));
        List<TaskScore> scores = tasks.stream().map(task -> TaskScore.of(task, byTask.get(task.name()))).toList();
        Map<String, Double> dimensions = new LinkedHashMap<>();
        for (Dimension dimension : Dimension.values()) {
            scores.stream()
                    .filter(score -> score.counts() && score.dimension().equals(dimension.title()))
                    .mapToDouble(TaskScore::score)
                    .average()
                    .ifPresent(mean -> dimensions.put(dimension.title(), mean));
        }
        return new ModelScore(model, dimensions, scores);
    }
}
