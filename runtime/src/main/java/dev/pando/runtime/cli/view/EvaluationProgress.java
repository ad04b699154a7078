package dev.pando.runtime.cli.view;

import dev.pando.actors.job.Stopwatch;
import dev.pando.evaluation.Suite;
import dev.pando.evaluation.run.Evaluation;
import dev.pando.evaluation.run.Item;
import dev.pando.evaluation.run.ItemResult;
import dev.pando.evaluation.task.Task;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/// Shows how far an evaluation is: one line that changes on a terminal, a line for each finished task in a pipe.
public final class EvaluationProgress implements Evaluation.Listener {
    private final Terminal terminal;
    private final String model;
    private final Suite suite;
    private final Stopwatch stopwatch = Stopwatch.system();
    private final long begun = stopwatch.nanos();
    private final Map<String, Integer> left = new HashMap<>();
    private final Map<String, Double> sums = new HashMap<>();
    private int done;
    private int asked;
    private long drawn;

    public EvaluationProgress(Terminal terminal, String model, Suite suite) {
        this.terminal = terminal;
        this.model = model;
        this.suite = suite;
        suite.tasks().forEach(task -> left.put(task.name(), suite.size(task)));
        terminal.out()
                .println(model + ": " + suite.size() + " items of " + Words.counted(suite.tasks().size(), "task"));
        terminal.out().flush();
    }

    @Override
    public void answered(Item item, ItemResult result, boolean fresh) {
        Task task = item.task();
        done++;
        asked += fresh ? 1 : 0;
        sums.merge(task.name(), result.score(), Double::sum);
        int open = left.merge(task.name(), -1, Integer::sum);
        if (open == 0 && !terminal.live()) {
            int all = suite.size(task);
            terminal.out()
                    .println(
                            String.format(
                                    Locale.ROOT,
                                    "%s: %s %.3f of %d items, %d of %d in all",
                                    model,
                                    task.name(),
                                    sums.get(task.name()) / all,
                                    all,
                                    done,
                                    suite.size()));
            terminal.out().flush();
        }
        if (terminal.live()) {
            draw(task);
        }
    }

    private void draw(Task task) {
        long now = stopwatch.nanos();
        if (now - drawn < 100_000_000 && done < suite.size()) {
            return;
        }
        drawn = now;
        double seconds = (now - begun) / 1e9;
        String remaining = asked < 2 ? "" : "  " + Words.clock(seconds / asked * (suite.size() - done)) + " left";
        String line = String.format(Locale.ROOT, "%s  %d/%d  %s%s", model, done, suite.size(), task.name(), remaining);
        int width = terminal.width() - 1;
        terminal.out().print("\r\u001b[K" + (line.length() > width ? line.substring(0, width) : line));
        terminal.out().flush();
    }

    public void end() {
        if (terminal.live()) {
            terminal.out().print("\r\u001b[K");
        }
        double seconds = (stopwatch.nanos() - begun) / 1e9;
        terminal.out().println(model + ": " + Words.counted(asked, "item") + " in " + Words.duration(seconds));
        terminal.out().flush();
    }
}
