package dev.pando.runtime.cli;

import dev.pando.diagnosis.trace.Characterisation;
import dev.pando.diagnosis.trace.FaultSchedule;
import dev.pando.diagnosis.trace.JobReplay;
import dev.pando.runtime.job.Subcommand;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `pando trace`: what a cluster's trace shows.
@Command(
        name = "trace",
        description = "Reads the trace of a GPU cluster, as of Acme, Helios, Philly or PAI.",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {TraceCommand.Characterise.class, TraceCommand.Replay.class})
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

    /// The same again: failures as faults for `pando chaos`, or arrivals on a simulated cluster.
    @Command(
            name = "replay",
            sortOptions = false,
            description = {
                "As faults: failures of a trace's jobs, or of a table with the columns reason and num, in the language"
                        + " of `pando chaos`, one a line: pando chaos simulate --faults \"$(pando trace replay --as faults"
                        + " FILE)\".",
                "As jobs: arrivals on a simulated cluster, in one line and with GPUs reserved for pre-training."
            })
    static final class Replay implements Callable<Integer> {
        /// What a trace is turned into.
        enum As {
            faults,
            jobs
        }

        @Spec private CommandSpec spec;

        @Parameters(paramLabel = "FILE", arity = "1..*", description = "Tables (*.csv, *.csv.gz); one for faults.")
        private List<Path> files;

        @Option(names = "--as", required = true, paramLabel = "faults|jobs", description = "What the trace becomes.")
        private As as;

        @Option(
                names = "--workers",
                paramLabel = "N",
                defaultValue = "4",
                description = "Faults: workers of the run they are for; ${DEFAULT-VALUE} if not given.")
        private int workers;

        @Option(
                names = "--steps",
                paramLabel = "N",
                defaultValue = "200",
                description =
                        "Faults: steps of that run, over which the trace is spread; ${DEFAULT-VALUE} if not given.")
        private long steps;

        @Option(
                names = "--seed",
                paramLabel = "N",
                defaultValue = "1",
                description = "Faults: decides whom each strikes, and of a table when; ${DEFAULT-VALUE} if not given.")
        private long seed;

        @Option(
                names = "--least-gpus",
                paramLabel = "N",
                defaultValue = "8",
                description = "Faults of a trace: smaller jobs are left out; ${DEFAULT-VALUE} if not given.")
        private int leastGpus;

        @Option(
                names = "--hours",
                paramLabel = "H",
                defaultValue = "720",
                description = "Faults of a table: how long the imitated job runs; ${DEFAULT-VALUE} if not given.")
        private double hours;

        @Option(
                names = "--gpus",
                paramLabel = "N",
                defaultValue = "2048",
                description =
                        "Faults of a table: GPUs of the imitated job; jobs: GPUs of the cluster. ${DEFAULT-VALUE} if"
                                + " not given.")
        private int gpus;

        @Option(
                names = "--reserved",
                paramLabel = "N",
                description = "Jobs: GPUs reserved for pre-training; three quarters if not given.")
        private Integer reserved;

        @Override
        public Integer call() {
            PrintWriter out = spec.commandLine().getOut();
            switch (as) {
                case faults -> {
                    if (files.size() != 1) {
                        throw new ParameterException(spec.commandLine(), "--as faults takes one file");
                    }
                    FaultSchedule schedule =
                            FaultSchedule.of(
                                    files.getFirst(),
                                    new FaultSchedule.Run(workers, steps, seed, leastGpus, gpus, hours));
                    schedule.faults().forEach(out::println);
                    PrintWriter err = spec.commandLine().getErr();
                    err.println(schedule.story());
                    err.flush();
                }
                case jobs -> out.print(JobReplay.report(files, gpus, reserved == null ? gpus / 4 * 3 : reserved));
            }
            out.flush();
            return 0;
        }
    }
}
