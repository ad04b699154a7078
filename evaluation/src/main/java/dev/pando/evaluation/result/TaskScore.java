package dev.pando.evaluation.result;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import dev.pando.evaluation.run.ItemResult;
import dev.pando.evaluation.task.Mode;
import dev.pando.evaluation.task.Task;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/// What all answers to a task come to: folds over its items, in their order.
///
/// @param metric name of what the score is
/// @param counts whether it counts among the means of dimensions: larger is better, 1 the best
/// @param items how many
/// @param score mean over the items, or the metric of all of them together
/// @param standardError of the mean
/// @param groups mean score of each group, such as a subject
@JsonPropertyOrder({
    "task",
    "title",
    "dimension",
    "metric",
    "counts",
    "items",
    "score",
    "standard_error",
    "metrics",
    "groups"
})
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record TaskScore(
        String task,
        String title,
        String dimension,
        String metric,
        boolean counts,
        int items,
        double score,
        @com.fasterxml.jackson.annotation.JsonProperty("standard_error") double standardError,
        Map<String, Double> metrics,
        Map<String, Group> groups) {
    /// @param score mean over its items
    public record Group(int items, double score) {}

    /// @param results of this task alone
    public static TaskScore of(Task task, List<ItemResult> results) {
        int n = results.size();
        double mean = results.stream().mapToDouble(ItemResult::score).sum() / n;
        double squares = results.stream().mapToDouble(each -> square(each.score() - mean)).sum();
        Map<String, Double> metrics = means(results);
        double score = mean;
        switch (task.mode()) {
            case Mode.LogLikelihood _ -> {
                double sum = results.stream().mapToDouble(each -> each.likelihoods().getFirst()).sum();
                metrics.put("perplexity", StrictMath.exp(-sum / n));
            }
            case Mode.Perplexity _ -> {
                double sum = results.stream().mapToDouble(each -> each.likelihoods().getFirst()).sum();
                List<Long> counts = sums(results);
                score = -sum / StrictMath.log(2) / counts.get(0);
                metrics.put("bits per byte", score);
                metrics.put("word perplexity", StrictMath.exp(-sum / counts.get(1)));
                metrics.put("token perplexity", StrictMath.exp(-sum / counts.get(2)));
                metrics.put("loss per token", -sum / counts.get(2));
            }
            case Mode.Generation generation -> {
                OptionalDouble together = generation.scorer().together(sums(results));
                if (together.isPresent()) {
                    score = together.getAsDouble();
                    metrics.put(generation.scorer().metric(), score);
                }
            }
            case Mode.Choice _, Mode.Contexts _ -> {}
        }
        String metric = metrics.isEmpty() ? task.metrics().getFirst() : headline(task, metrics);
        return new TaskScore(
                task.name(),
                task.title(),
                task.dimension().title(),
                metric,
                task.counts(),
                n,
                score,
                n > 1 ? Math.sqrt(squares / (n - 1) / n) : 0,
                metrics,
                groups(results));
    }

    private static String headline(Task task, Map<String, Double> metrics) {
        String usual = task.metrics().getFirst();
        return metrics.containsKey(usual) ? usual : metrics.keySet().iterator().next();
    }

    private static Map<String, Double> means(List<ItemResult> results) {
        Map<String, Double> sums = new LinkedHashMap<>();
        Map<String, Integer> counts = new LinkedHashMap<>();
        for (ItemResult result : results) {
            result.metrics()
                    .forEach((name, value) -> {
                        sums.merge(name, value, Double::sum);
                        counts.merge(name, 1, Integer::sum);
                    });
        }
        sums.replaceAll((name, sum) -> sum / counts.get(name));
        return sums;
    }

    private static List<Long> sums(List<ItemResult> results) {
        List<Long> sums = new ArrayList<>();
        for (ItemResult result : results) {
            for (int i = 0; i < result.counts().size(); i++) {
                if (i == sums.size()) {
                    sums.add(0L);
                }
                sums.set(i, sums.get(i) + result.counts().get(i));
            }
        }
        return sums;
    }

    private static Map<String, Group> groups(List<ItemResult> results) {
        Map<String, List<Double>> scores = new LinkedHashMap<>();
        for (ItemResult result : results) {
            if (!result.group().isEmpty()) {
                scores.computeIfAbsent(result.group(), _ -> new ArrayList<>()).add(result.score());
            }
        }
        Map<String, Group> groups = new LinkedHashMap<>();
        scores.forEach((name, all) ->
                groups.put(name, new Group(all.size(), all.stream().mapToDouble(each -> each).sum() / all.size())));
        return groups;
    }

    private static double square(double x) {
        return x * x;
    }
}
