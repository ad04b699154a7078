package dev.pando.runtime.cli;

import dev.pando.evaluation.run.Workers;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/// What every evaluation can be told, whatever it asks.
final class EvaluationOptions {
    @Option(names = "--json", paramLabel = "OUT", description = "Writes the scores there.")
    private Path json;

    @Option(
            names = "--items",
            paramLabel = "OUT.jsonl",
            description = "Writes every answer there as it comes; the same command resumes there.")
    private Path items;

    @Option(
            names = "--report",
            paramLabel = "OUT.html",
            description = "Writes the report there; without it, evaluation.html here.")
    private Path report = Path.of("evaluation.html");

    @Option(names = "--checkpoint", paramLabel = "STEP", description = "A run's checkpoint; without it, the newest.")
    private String checkpoint;

    @Option(names = "--workers", paramLabel = "N", description = "Threads; without it, one for each core.")
    private Integer workers;

    @Option(
            names = "--nodes",
            paramLabel = "N",
            description =
                    "Worker processes instead of threads, one core each: they share the weights, and another takes the"
                            + " place of one that dies.")
    private Integer nodes;

    /// @throws ParameterException if they contradict each other
    void check(CommandSpec spec) {
        if (workers != null && nodes != null) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--workers asks with threads and --nodes with processes of one thread each: name one of the two");
        }
        if (workers != null && workers < 1 || nodes != null && nodes < 1) {
            throw new ParameterException(spec.commandLine(), "--workers and --nodes must be at least 1");
        }
    }

    Optional<Path> json() {
        return Optional.ofNullable(json);
    }

    Optional<Path> items() {
        return Optional.ofNullable(items);
    }

    Path report() {
        return report;
    }

    Optional<String> checkpoint() {
        return Optional.ofNullable(checkpoint);
    }

    /// Number of trials that are computed at the same time.
    int lanes() {
        return nodes != null ? nodes : workers != null ? workers : Runtime.getRuntime().availableProcessors();
    }

    /// Opens a model as the workers need it: for processes, its weights lie where they can map them.
    OpenModel open(OpenModel.Opening how) {
        OpenModel model = OpenModel.of(how);
        return nodes == null ? model : model.shared();
    }

    Workers workers(OpenModel model) {
        return nodes == null ? new Workers.Threads(lanes()) : new Workers.Processes(nodes, command(model.how()));
    }

    /// This JVM's own flags and class path, and the command that serves one model.
    private static List<String> command(OpenModel.Opening how) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(flag -> !flag.startsWith("-agentlib:jdwp") && !flag.equals("-XX:+AutoCreateSharedArchive"))
                .forEach(command::add);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
        command.addAll(List.of("evaluate", "worker", how.place().toString(), "--name", how.name()));
        command.addAll(List.of("--context", Integer.toString(how.context().orElseThrow())));
        command.addAll(List.of("--ntk", Double.toString(how.ntk())));
        command.addAll(List.of("--weights", how.weights().orElseThrow().toString()));
        return command;
    }
}
