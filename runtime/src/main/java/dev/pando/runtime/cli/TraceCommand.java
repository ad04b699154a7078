package dev.pando.runtime.cli;

import dev.pando.diagnosis.trace.Characterisation;
import dev.pando.runtime.job.Subcommand;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `pando trace`: what a cluster's trace shows.
@Command(
        name = "trace",
        description = "Reads the trace of a GPU cluster, as of Acme, Helios, Philly or PAI.",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = TraceCommand.Characterise.class)
public final class TraceCommand implements Subcommand {
    @Spec private CommandSpec spec;

    @Override
    public Integer call() {
        spec.commandLine().usage(spec.commandLine().getOut());
        return 0;
    }

    /// Figures and plots of a trace, beside those of the paper.
    @Command(
            name = "characterise",
            description = "Job types, sizes, durations, queues, states and GPU time, beside what the paper says.")
    static final class Characterise implements Callable<Integer> {
        @Spec private CommandSpec spec;

        @Parameters(
                paramLabel = "DIR|FILE",
                arity = "1..*",
                description = "Tables (*.csv, *.csv.gz), or folders of them.")
        private List<Path> places;

        @Option(
                names = "--out",
                paramLabel = "FILE",
                defaultValue = "report.html",
                description = "The report, default ${DEFAULT-VALUE}.")
        private Path report;

        @Override
        public Integer call() {
            Characterisation trace = Characterisation.of(places);
            trace.writeReport(report);
            PrintWriter out = spec.commandLine().getOut();
            out.print(trace.summary());
            out.println(report);
            out.flush();
            return 0;
        }
    }
}
