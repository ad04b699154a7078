package dev.pando.evaluation;

import dev.pando.evaluation.data.DataFolder;
import dev.pando.evaluation.data.EvaluationException;
import dev.pando.evaluation.model.LanguageModel;
import dev.pando.evaluation.needle.Haystack;
import dev.pando.evaluation.needle.NeedleGrid;
import dev.pando.evaluation.needle.NeedlePrompts;
import dev.pando.evaluation.result.ModelScore;
import dev.pando.evaluation.run.Evaluation;
import dev.pando.evaluation.run.Item;
import dev.pando.evaluation.run.ItemResult;
import dev.pando.evaluation.run.Journal;
import dev.pando.evaluation.run.Preparation;
import dev.pando.evaluation.run.Workers;
import dev.pando.evaluation.task.Task;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The tasks that an evaluation was asked for, with all of their questions: the door of this module.
public final class Suite {
    private final List<Task> tasks;
    private final List<Item> items;
    private final List<String> leftOut;

    private Suite(List<Task> tasks, List<Item> items, List<String> leftOut) {
        this.tasks = tasks;
        this.items = items;
        this.leftOut = leftOut;
    }

    /// The scores of a model, and the answers they come from.
    public record Outcome(ModelScore score, List<ItemResult> results) {}

    /// Reads tasks and their records.
    ///
    /// @param wanted names of tasks or suites that Pando brings, see [Catalogue], and files of tasks
    /// @param data folder of the benchmarks' files; empty: beside each file of tasks
    /// @param limit questions of each task; 0: all
    /// @throws EvaluationException naming file, line and key of the first mistake
    public static Suite prepare(List<String> wanted, Optional<Path> data, int limit) {
        Map<String, Task> tasks = new LinkedHashMap<>();
        List<Item> items = new ArrayList<>();
        List<String> leftOut = new ArrayList<>();
        for (String name : wanted) {
            for (Catalogue.Entry entry : Catalogue.select(name)) {
                if (!canScore(entry.task(), Catalogue.isSuite(name), leftOut)) {
                    continue;
                }
                if (tasks.putIfAbsent(entry.task().name(), entry.task()) == null) {
                    Path folder = data.orElse(entry.folder());
                    DataFolder from =
                            DataFolder.of(
                                    folder,
                                    data.isEmpty()
                                            ? "name the folder that holds it with --data DIR"
                                            : "docs/evaluation.md says where to get it");
                    items.addAll(Preparation.items(entry.task(), from, limit));
                }
            }
        }
        return new Suite(List.copyOf(tasks.values()), items, leftOut);
    }

    /// The needle test: one task, whose prompts are as long as the grid says, in tokens of this model.
    public static Suite needle(NeedleGrid grid, Haystack haystack, LanguageModel model) {
        NeedlePrompts prompts = new NeedlePrompts(grid, haystack, model.tokenizer());
        List<Item> items = prompts.items();
        return new Suite(List.of(items.getFirst().task()), items, List.of());
    }

    /// A suite goes without what this machine cannot score; a task that a user names is refused.
    private static boolean canScore(Task task, boolean goesWithout, List<String> leftOut) {
        try {
            task.check();
            return true;
        } catch (EvaluationException cannot) {
            if (!goesWithout) {
                throw cannot;
            }
            leftOut.add(task.name() + ": " + cannot.getMessage());
            return false;
        }
    }

    /// Tasks of suites that this machine cannot score, and why.
    public List<String> leftOut() {
        return leftOut;
    }

    public List<Task> tasks() {
        return tasks;
    }

    /// All questions, task by task.
    public List<Item> items() {
        return List.copyOf(items);
    }

    /// Number of questions.
    public int size() {
        return items.size();
    }

    /// Number of questions of one task.
    public int size(Task task) {
        return (int) items.stream().filter(item -> item.task().name().equals(task.name())).count();
    }

    /// Asks a model all questions that the journal has no answer to.
    ///
    /// @param batch questions that a worker takes at a time
    public Outcome ask(LanguageModel model, Journal journal, Workers workers, int batch, Evaluation.Listener listener) {
        List<ItemResult> results = new Evaluation(model, journal, workers, batch).run(items, listener);
        return new Outcome(ModelScore.of(model.name(), tasks, results), results);
    }
}
