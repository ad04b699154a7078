package dev.pando.evaluation;

import dev.pando.evaluation.data.EvaluationException;
import dev.pando.evaluation.task.Task;
import dev.pando.evaluation.task.TaskFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The tasks that Pando brings, in suites: one that brings its questions too, and one for each group of benchmarks
/// whose files a user has.
public final class Catalogue {
    /// Suite that needs nothing but Pando.
    public static final String SMALL = "small";

    private static final Map<String, String> SUITES = new LinkedHashMap<>();

    static {
        SUITES.put(SMALL, "suite/small.conf");
        for (String group :
                List.of("examinations", "language", "reasoning", "mathematics", "code", "long-context", "alignment")) {
            SUITES.put(group, "benchmarks/" + group + ".conf");
        }
    }

    /// A task, and where its data lie unless the user says otherwise.
    record Entry(Task task, Path folder) {}

    private Catalogue() {}

    /// Tasks of each suite, by its name.
    public static Map<String, List<Task>> suites() {
        Map<String, List<Task>> suites = new LinkedHashMap<>();
        SUITES.forEach((name, file) -> suites.put(name, TaskFile.bundled(file)));
        return suites;
    }

    static boolean isSuite(String name) {
        return SUITES.containsKey(name);
    }

    /// The tasks of a name: a suite, a task of a suite, or a file.
    ///
    /// @throws EvaluationException listing what there is
    static List<Entry> select(String name) {
        if (name.endsWith(".conf") || Files.isRegularFile(Path.of(name))) {
            Path file = Path.of(name);
            Path folder = file.toAbsolutePath().getParent();
            return TaskFile.read(file).stream().map(task -> new Entry(task, folder)).toList();
        }
        Path here = Path.of("").toAbsolutePath();
        List<String> names = new ArrayList<>();
        for (Map.Entry<String, List<Task>> suite : suites().entrySet()) {
            if (suite.getKey().equals(name)) {
                return suite.getValue().stream().map(task -> new Entry(task, here)).toList();
            }
            for (Task task : suite.getValue()) {
                if (task.name().equals(name)) {
                    return List.of(new Entry(task, here));
                }
                names.add(task.name());
            }
        }
        throw new EvaluationException(
                "there is no task or suite "
                        + name
                        + "; suites are "
                        + String.join(", ", SUITES.keySet())
                        + ", tasks "
                        + String.join(", ", names)
                        + "; a file of tasks ends in .conf");
    }
}
