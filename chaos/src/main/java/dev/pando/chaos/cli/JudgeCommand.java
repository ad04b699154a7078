package dev.pando.chaos.cli;

import dev.pando.chaos.judge.History;
import dev.pando.chaos.judge.Judge;
import dev.pando.chaos.judge.Violation;
import dev.pando.runtime.settings.UserError;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// Judges any run by what it left in its folder.
@Command(
        name = "judge",
        description = "Reads the history of a run and checks it against the rules of a correct runtime.",
        footer = {"", "Exit code 1 if a rule is broken."})
final class JudgeCommand implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Parameters(paramLabel = "RUN", description = "The run's folder.")
    private Path run;

    @Option(
            names = "--beside",
            paramLabel = "RUN",
            description = "Folder of an undisturbed run of the same job: both must have the same bits.")
    private Path undisturbed;

    @Override
    public Integer call() {
        History history = history(run);
        List<Violation> violations =
                undisturbed == null ? Judge.judge(history) : Judge.judge(history, history(undisturbed));
        spec.commandLine()
                .getOut()
                .println(run + ", " + history.events().size() + " events: " + Judge.describe(violations));
        return violations.isEmpty() ? 0 : 1;
    }

    private static History history(Path folder) {
        History history = History.read(folder);
        if (history.events().isEmpty()) {
            throw new UserError(folder + " holds no run: there are no events in it");
        }
        return history;
    }
}
