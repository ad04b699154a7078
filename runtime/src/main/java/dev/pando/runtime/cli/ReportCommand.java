package dev.pando.runtime.cli;

import dev.pando.runtime.report.Report;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// Draws a run's report again, also while the run continues.
@Command(name = "report", description = "Writes a run's report.html again from the files in its folder.")
public final class ReportCommand implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Parameters(paramLabel = "RUN", description = "The run's folder.")
    private Path run;

    @Override
    public Integer call() {
        spec.commandLine().getOut().println(Report.write(run));
        return 0;
    }
}
