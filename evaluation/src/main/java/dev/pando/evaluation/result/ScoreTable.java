package dev.pando.evaluation.result;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/// Scores as lines of text: a block for each dimension, a column for each model, in percent.
public final class ScoreTable {
    private ScoreTable() {}

    /// @param models with the same tasks
    public static List<String> lines(List<ModelScore> models) {
        List<TaskScore> tasks = models.getFirst().tasks();
        int name = tasks.stream().mapToInt(task -> task.title().length()).max().orElse(0) + 2;
        int metric = tasks.stream().mapToInt(task -> task.metric().length()).max().orElse(0);
        name = Math.max(name, "Reasoning and mathematics".length());
        List<String> lines = new ArrayList<>();
        StringBuilder head = new StringBuilder(pad("", name + 2 + metric));
        models.forEach(model -> head.append("  ").append(left(model.model(), 14)));
        lines.add(head.append("  items").toString());
        Set<String> dimensions = new LinkedHashSet<>();
        for (var dimension : dev.pando.evaluation.task.Dimension.values()) {
            dimensions.add(dimension.title());
        }
        for (String dimension : dimensions) {
            if (tasks.stream().noneMatch(task -> task.dimension().equals(dimension))) {
                continue;
            }
            StringBuilder line = new StringBuilder(pad(dimension, name + 2 + metric));
            for (ModelScore model : models) {
                Double mean = model.dimensions().get(dimension);
                line.append("  ").append(left(mean == null ? "" : percent(mean) + "       ", 14));
            }
            lines.add(line.toString().stripTrailing());
            for (int i = 0; i < tasks.size(); i++) {
                TaskScore task = tasks.get(i);
                if (task.dimension().equals(dimension)) {
                    StringBuilder row =
                            new StringBuilder(pad("  " + task.title(), name) + "  " + pad(task.metric(), metric));
                    for (ModelScore model : models) {
                        row.append("  ").append(left(score(model.tasks().get(i)), 14));
                    }
                    lines.add(row.append("  ").append(left(Integer.toString(task.items()), 5)).toString());
                }
            }
        }
        return lines;
    }

    /// What a model gains on another: tasks with the interval of 95 of 100 resampled differences, in points.
    public static List<String> lines(Comparison comparison) {
        List<String> lines = new ArrayList<>();
        lines.add(comparison.second() + " against " + comparison.first() + ", in points, with 95 % intervals");
        List<Comparison.Difference> all = new ArrayList<>(comparison.dimensions());
        all.addAll(comparison.tasks());
        int name = all.stream().mapToInt(each -> each.title().length()).max().orElse(0) + 4;
        for (Comparison.Difference each : all) {
            boolean task = comparison.tasks().contains(each);
            lines.add(
                    String.format(
                            Locale.ROOT,
                            "%s%+7.1f  [%+.1f, %+.1f]%s%s",
                            pad((task ? "  " : "") + each.title(), name),
                            100 * each.difference(),
                            100 * each.low(),
                            100 * each.high(),
                            each.isClear() ? " *" : "",
                            task ? ", " + each.better() + " better, " + each.worse() + " worse" : ""));
        }
        return lines;
    }

    private static String score(TaskScore task) {
        return task.counts()
                ? percent(task.score()) + " ±" + left(percent(task.standardError()), 5)
                : String.format(Locale.ROOT, "%.3f       ", task.score());
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, "%.1f", 100 * share);
    }

    private static String pad(String text, int width) {
        return text + " ".repeat(Math.max(0, width - text.length()));
    }

    private static String left(String text, int width) {
        return " ".repeat(Math.max(0, width - text.length())) + text;
    }
}
