package dev.pando.runtime.cli;

import dev.pando.actors.job.Epoch;
import dev.pando.actors.job.JobStatus;
import dev.pando.runtime.GroveClient;
import dev.pando.runtime.cli.view.Terminal;
import dev.pando.runtime.cli.view.Words;
import dev.pando.runtime.cluster.NodeLine;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// Shows the state of a grove and its jobs, or the history of one job.
@Command(
        name = "status",
        description = "Shows the nodes and jobs of a grove, or one job and its history.",
        footer = {"", "  pando status", "  pando status quickstart --history --to 127.0.0.1:7355"})
public final class StatusCommand implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Parameters(index = "0", arity = "0..1", paramLabel = "JOB", description = "A job; without it, all jobs.")
    private String job;

    @Mixin private GroveOptions grove;

    @Option(names = "--history", description = "Prints the job's journal.")
    private boolean history;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        Terminal terminal = Terminal.standard(out);
        GroveClient there = GroveClient.alreadyAt(grove.nodes());
        if (history) {
            if (job == null) {
                throw new ParameterException(spec.commandLine(), "--history needs the name of a job");
            }
            there.history(job).forEach(line -> out.println(terminal.faint(line.at()) + "  " + line.sentence()));
        } else if (job != null) {
            tell(terminal, there.status(job), there.status().nodes());
        } else {
            GroveClient.Standing all = there.status();
            out.println(terminal.bold(Words.counted(all.nodes().size(), "node")));
            all.nodes().forEach(node -> out.println("  " + line(node)));
            out.println(terminal.bold(Words.counted(all.jobs().size(), "job")));
            all.jobs().forEach(status -> out.println("  " + line(status, all.nodes())));
        }
        out.flush();
        return 0;
    }

    private static String line(NodeLine node) {
        return "%-16s %-22s %-9s %s"
                .formatted(node.name(), node.at(), Words.counted(node.devices(), "device"), node.status());
    }

    private static String line(JobStatus job, List<NodeLine> nodes) {
        String leader = leader(job, nodes).map(name -> ", led by " + name).orElse("");
        return String.format(
                Locale.ROOT,
                "%-16s %-9s step %d/%d, %s%s",
                job.job(),
                job.phase().name().toLowerCase(Locale.ROOT),
                job.step(),
                job.steps(),
                Words.counted(job.workers().size(), "worker"),
                leader);
    }

    private static Optional<String> leader(JobStatus job, List<NodeLine> nodes) {
        return nodes.stream().filter(node -> node.system().equals(job.node())).map(NodeLine::name).findFirst();
    }

    private static void tell(Terminal terminal, JobStatus job, List<NodeLine> nodes) {
        PrintWriter out = terminal.out();
        out.println(terminal.bold(job.job()) + ": " + job.phase().name().toLowerCase(Locale.ROOT));
        out.println("  step       " + job.step() + " of " + job.steps());
        if (!Double.isNaN(job.loss())) {
            out.printf(Locale.ROOT, "  loss       %.4f%n", job.loss());
        }
        if (job.secondsPerStep() > 0) { // unknown for a step that an earlier leader committed
            out.printf(Locale.ROOT, "  pace       %.3f s a step%n", job.secondsPerStep());
        }
        out.println("  epoch      " + (job.epoch() == 0 ? "none yet" : Epoch.text(job.epoch()) + ", " + job.last()));
        if (!job.node().isEmpty()) {
            out.println("  led by     " + leader(job, nodes).orElse(job.node()) + " (term " + job.incarnation() + ")");
        }
        out.println("  workers    " + (job.workers().isEmpty() ? "none" : String.join(", ", job.workers())));
        out.println("  lost       " + Words.counted(job.lost(), "worker") + " so far");
        if (!job.stragglers().isEmpty()) {
            out.println(
                    "  slow       "
                            + job.stragglers().stream()
                                    .map(slow -> String.format(Locale.ROOT, "%s (%.1f x)", slow.worker(), slow.times()))
                                    .collect(Collectors.joining(", ")));
        }
        job.refusals().forEach(refusal -> out.println("  refused    " + refusal.worker() + ": " + refusal.sentence()));
    }
}
