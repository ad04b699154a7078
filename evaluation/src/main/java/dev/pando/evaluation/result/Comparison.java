package dev.pando.evaluation.result;

import dev.pando.evaluation.run.ItemResult;
import dev.pando.evaluation.task.Task;
import dev.pando.training.tensor.CounterRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// How much better one model is than another on the same items, and how sure that is: a paired bootstrap (Efron), whose
/// draws are addressed by task and number, so that the same answers give the same interval.
///
/// @param first the model that the other is held against
/// @param tasks a difference for each task that counts
/// @param dimensions a difference for each dimension: the mean over its tasks
public record Comparison(String first, String second, List<Difference> tasks, List<Difference> dimensions) {
    private static final int MOST_DRAWS = 10_000;
    private static final int LEAST_DRAWS = 1000;
    private static final long WORK = 20_000_000;

    /// @param difference second minus first, of scores from 0 to 1
    /// @param low with `high` the interval that holds 95 of 100 resampled differences
    /// @param better items on which the second has the higher score
    public record Difference(
            String name, String title, int items, double difference, double low, double high, int better, int worse) {
        /// Whether the interval leaves out 0.
        public boolean isClear() {
            return low > 0 || high < 0;
        }
    }

    /// @param first results of one model, on all tasks, in the order of items
    /// @param second results of the other, in the same order
    public static Comparison of(List<Task> tasks, List<ItemResult> first, List<ItemResult> second) {
        List<Difference> differences = new ArrayList<>();
        Map<String, List<double[]>> means = new LinkedHashMap<>();
        Map<String, List<Double>> observed = new LinkedHashMap<>();
        Map<String, Integer> counted = new LinkedHashMap<>();
        for (Task task : tasks) {
            if (!task.counts()) {
                continue;
            }
            double[] delta = deltas(task.name(), first, second);
            double[] drawn = draws(task.name(), delta);
            double mean = mean(delta);
            differences.add(difference(task.name(), task.title(), delta.length, mean, drawn, delta));
            String dimension = task.dimension().title();
            means.computeIfAbsent(dimension, _ -> new ArrayList<>()).add(drawn);
            observed.computeIfAbsent(dimension, _ -> new ArrayList<>()).add(mean);
            counted.merge(dimension, delta.length, Integer::sum);
        }
        List<Difference> dimensions = new ArrayList<>();
        means.forEach((dimension, drawn) -> {
            double[] together = new double[drawn.stream().mapToInt(each -> each.length).min().orElseThrow()];
            for (int i = 0; i < together.length; i++) {
                for (double[] each : drawn) {
                    together[i] += each[i] / drawn.size();
                }
            }
            double mean = observed.get(dimension).stream().mapToDouble(each -> each).average().orElseThrow();
            dimensions.add(difference(dimension, dimension, counted.get(dimension), mean, together, new double[0]));
        });
        return new Comparison(first.getFirst().model(), second.getFirst().model(), differences, dimensions);
    }

    private static double[] deltas(String task, List<ItemResult> first, List<ItemResult> second) {
        List<Double> deltas = new ArrayList<>();
        for (int i = 0; i < first.size(); i++) {
            if (first.get(i).task().equals(task)) {
                if (!first.get(i).id().equals(second.get(i).id())) {
                    throw new IllegalArgumentException("results of two models in different orders");
                }
                deltas.add(second.get(i).score() - first.get(i).score());
            }
        }
        return deltas.stream().mapToDouble(each -> each).toArray();
    }

    private static double[] draws(String task, double[] delta) {
        long key = CounterRandom.key(1, "bootstrap " + task);
        double[] means = new double[Math.clamp(WORK / delta.length, LEAST_DRAWS, MOST_DRAWS)];
        long count = 0;
        for (int draw = 0; draw < means.length; draw++) {
            double sum = 0;
            for (int i = 0; i < delta.length; i++) {
                double random = CounterRandom.uniform(key, count++); // in (0, 1]
                sum += delta[(int) Math.ceil(random * delta.length) - 1];
            }
            means[draw] = sum / delta.length;
        }
        return means;
    }

    private static Difference difference(
            String name, String title, int items, double mean, double[] drawn, double[] delta) {
        double[] sorted = drawn.clone();
        Arrays.sort(sorted);
        return new Difference(
                name,
                title,
                items,
                mean,
                sorted[(int) Math.floor(0.025 * (sorted.length - 1))],
                sorted[(int) Math.ceil(0.975 * (sorted.length - 1))],
                (int) Arrays.stream(delta).filter(each -> each > 0).count(),
                (int) Arrays.stream(delta).filter(each -> each < 0).count());
    }

    private static double mean(double[] values) {
        double sum = 0;
        for (double value : values) {
            sum += value;
        }
        return sum / values.length;
    }
}
