package dev.pando.runtime.cli;

import dev.pando.diagnosis.Verdict;
import dev.pando.diagnosis.judge.Diagnoser;
import dev.pando.diagnosis.report.VerdictText;
import dev.pando.diagnosis.rule.RuleSet;
import dev.pando.diagnosis.sieve.Compressor;
import dev.pando.diagnosis.template.Templates;
import dev.pando.runtime.job.Subcommand;
import java.io.BufferedWriter;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `pando diagnose`: what failed, where, and what to do, from any framework's logs.
@Command(
        name = "diagnose",
        sortOptions = false,
        description = {
            "Reads the logs of a failed run, of any framework, and says what failed, where and what to do.",
            "Rules first, by evidence and precedence: see docs/diagnosis.md."
        })
public final class DiagnoseCommand implements Subcommand {
    @Spec private CommandSpec spec;

    @Parameters(
            paramLabel = "LOG",
            arity = "0..*",
            description = "Text logs; *.gz are unpacked, - is the standard input.")
    private List<Path> logs = new ArrayList<>();

    @Option(names = "--json", description = "One JSON object for each log, on a line each.")
    private boolean json;

    @Option(
            names = "--together",
            description = "The logs are those of one job, for instance one for each rank: one verdict.")
    private boolean together;

    @Option(
            names = "--rules",
            paramLabel = "FILE",
            description = "Rules besides, and instead of, those that Pando knows.")
    private Path rules;

    @Option(
            names = "--templates",
            paramLabel = "FILE",
            description = "For each line its number, its template's number and the template, parted by tabs.")
    private Path templates;

    @Option(
            names = "--compress",
            description =
                    "Writes what a person must read of the logs: routine dropped and counted, stacks folded, several"
                            + " logs merged by time.")
    private boolean compress;

    @Override
    public Integer call() {
        if (templates != null) {
            Templates.list(templates, new FileOutputStream(FileDescriptor.out));
            return 0;
        }
        if (logs.isEmpty()) {
            throw new ParameterException(spec.commandLine(), "diagnose needs a log: name one or more files");
        }
        RuleSet known = rules == null ? RuleSet.standard() : RuleSet.standard().with(rules);
        PrintWriter out = spec.commandLine().getOut();
        if (compress) {
            new Compressor(known, new PrintWriter(new BufferedWriter(out, 1 << 16))).compress(logs);
            return 0;
        }
        Diagnoser diagnoser = new Diagnoser(known);
        if (together) {
            out.println(show(diagnoser.diagnoseTogether(logs)));
        } else {
            logs.forEach(log -> out.println(show(diagnoser.diagnose(log))));
        }
        out.flush();
        return 0;
    }

    private String show(Verdict verdict) {
        return json ? VerdictText.json(verdict) : VerdictText.lines(verdict);
    }
}
