package dev.pando.runtime.cli;

import dev.pando.runtime.report.Report;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// Draws a run's report anew, of a run that still goes on, too.
@Command(name = "report", description = "Writes a run's report.html anew from what lies in its folder.")
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
