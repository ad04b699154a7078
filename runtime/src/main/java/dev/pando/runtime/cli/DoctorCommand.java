package dev.pando.runtime.cli;

import dev.pando.runtime.cli.view.Terminal;
import dev.pando.runtime.report.Version;
import dev.pando.runtime.settings.JobConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// Says what this machine offers to training, and what to do about what it lacks.
@Command(
        name = "doctor",
        description = "Checks this machine: what training can use, what is missing, and how to get it.")
public final class DoctorCommand implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Option(names = "--job", paramLabel = "CONF", description = "Also predicts what this job will need.")
    private Path job;

    @Override
    public Integer call() {
        Terminal terminal = Terminal.standard(spec.commandLine().getOut());
        terminal.out().println(Version.line());
        boolean able = true;
        List<Checkup.Finding> findings = new ArrayList<>(Checkup.all());
        if (job != null) {
            findings.addAll(JobCheckup.of(JobConfig.file(job).settings()));
        }
        for (Checkup.Finding finding : findings) {
            String mark =
                    switch (finding.verdict()) {
                        case GOOD -> terminal.green("✓");
                        case FAIR -> terminal.yellow("!");
                        case BAD -> terminal.red("✗");
                    };
            terminal.out().println(mark + " " + terminal.bold(pad(finding.name())) + finding.found());
            if (!finding.advice().isEmpty()) {
                terminal.out().println("  " + pad("") + terminal.faint(finding.advice()));
            }
            able &= finding.verdict() != Checkup.Verdict.BAD;
        }
        terminal.out().flush();
        return able ? 0 : 1;
    }

    private static String pad(String name) {
        return name + " ".repeat(Math.max(1, 12 - name.length()));
    }
}
