package dev.pando.runtime.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.evaluation.Catalogue;
import dev.pando.evaluation.Suite;
import dev.pando.evaluation.model.LanguageModel;
import dev.pando.evaluation.plan.Simulation;
import dev.pando.evaluation.result.Comparison;
import dev.pando.evaluation.result.ModelScore;
import dev.pando.evaluation.result.ReportData;
import dev.pando.evaluation.result.ScoreTable;
import dev.pando.evaluation.run.ItemResult;
import dev.pando.evaluation.run.Journal;
import dev.pando.evaluation.task.Task;
import dev.pando.runtime.cli.view.EvaluationProgress;
import dev.pando.runtime.cli.view.Terminal;
import dev.pando.runtime.job.Subcommand;
import dev.pando.runtime.report.Version;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// Scores models on benchmarks.
@Command(
        name = "evaluate",
        description =
                "Scores models on benchmarks. The same model and tasks give the same bits for any number of workers.",
        footer = {
            "",
            "  pando evaluate runs/quickstart",
            "  pando evaluate models/internlm2 --tasks mmlu,gsm8k --data ~/benchmarks --items mmlu.jsonl",
            "  pando evaluate runs/a runs/b --tasks my-tasks.conf --json scores.json",
            "",
            "docs/evaluation.md says how a benchmark is added."
        })
public final class EvaluateCommand implements Subcommand {
    private static final JsonMapper JSON = JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    @Spec private CommandSpec spec;

    @Parameters(
            arity = "0..*",
            paramLabel = "MODEL|RUN",
            description = "A directory in Hugging Face's format, or a run's folder; several are compared.")
    private List<Path> places = new ArrayList<>();

    @Option(
            names = "--tasks",
            split = ",",
            paramLabel = "NAME|FILE",
            description = "Tasks or suites by name, or files of tasks; without it, the suite that Pando brings.")
    private List<String> tasks = List.of(Catalogue.SMALL);

    @Option(names = "--list", description = "Lists the tasks that Pando brings.")
    private boolean list;

    @Option(
            names = "--plan",
            description =
                    "Plans the evaluation of 63 sets on many devices, without a model, and says how near the bound.")
    private boolean plan;

    @Option(names = "--devices", split = ",", paramLabel = "N", description = "Devices of the plan.")
    private List<Integer> devices = List.of(8, 32);

    @Option(names = "--data", paramLabel = "DIR", description = "Folder that holds the benchmarks' files.")
    private Path data;

    @Option(names = "--limit", paramLabel = "N", description = "Only the first N items of each task.")
    private int limit;

    @Option(names = "--json", paramLabel = "OUT", description = "Writes the scores there.")
    private Path json;

    @Option(
            names = "--items",
            paramLabel = "OUT.jsonl",
            description = "Writes every answer there as it comes; the same command goes on from there.")
    private Path items;

    @Option(
            names = "--report",
            paramLabel = "OUT.html",
            description = "Writes the report there; without it, evaluation.html here.")
    private Path report = Path.of("evaluation.html");

    @Option(names = "--checkpoint", paramLabel = "STEP", description = "A run's checkpoint; without it, the newest.")
    private String checkpoint;

    @Option(
            names = "--context",
            paramLabel = "N",
            description = "Tokens that a text may have; without it, what the model was trained for.")
    private Integer context;

    @Option(names = "--workers", paramLabel = "N", description = "Threads; without it, one for each core.")
    private Integer workers;

    @Option(names = "--batch", paramLabel = "N", description = "Items that a thread takes at a time.")
    private int batch = 16;

    @Override
    public Integer call() {
        Terminal terminal = Terminal.standard(spec.commandLine().getOut());
        if (list) {
            list(terminal.out());
            return 0;
        }
        if (plan) {
            plan(terminal.out());
            return 0;
        }
        check();
        Suite suite = Suite.prepare(tasks, Optional.ofNullable(data), limit);
        suite.leftOut().forEach(task -> terminal.out().println(terminal.yellow("left out ") + task));
        List<OpenModel> models = new ArrayList<>();
        try {
            Set<String> names = new HashSet<>();
            for (Path place : places) {
                models.add(
                        OpenModel.of(
                                place,
                                name(place, names),
                                Optional.ofNullable(checkpoint),
                                Optional.ofNullable(context)));
            }
            evaluate(suite, models.stream().map(OpenModel::model).toList(), terminal);
        } finally {
            models.forEach(OpenModel::close);
        }
        return 0;
    }

    private void check() {
        if (places.isEmpty()) {
            throw new ParameterException(
                    spec.commandLine(), "evaluate what? Name a run's folder or a model's directory");
        }
        if (limit < 0 || batch < 1 || workers != null && workers < 1 || context != null && context < 2) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--batch and --workers are at least 1, --context 2, and --limit is not negative");
        }
    }

    private void evaluate(Suite suite, List<LanguageModel> models, Terminal terminal) {
        int threads = workers != null ? workers : Runtime.getRuntime().availableProcessors();
        List<ModelScore> scores = new ArrayList<>();
        List<List<ItemResult>> results = new ArrayList<>();
        try (Journal journal = items == null ? Journal.inMemory() : Journal.open(items, models, suite.tasks())) {
            for (LanguageModel model : models) {
                EvaluationProgress progress = new EvaluationProgress(terminal, model.name(), suite);
                Suite.Outcome outcome = suite.ask(model, journal, threads, batch, progress);
                progress.end();
                scores.add(outcome.score());
                results.add(outcome.results());
            }
            journal.finish(results.stream().flatMap(List::stream).toList());
        }
        List<Comparison> comparisons = new ArrayList<>();
        for (List<ItemResult> other : results.subList(1, results.size())) {
            comparisons.add(Comparison.of(suite.tasks(), results.getFirst(), other));
        }
        terminal.out().println();
        ScoreTable.lines(scores).forEach(terminal.out()::println);
        comparisons.forEach(comparison -> {
            terminal.out().println();
            ScoreTable.lines(comparison).forEach(terminal.out()::println);
        });
        if (json != null) {
            write(json, scores, comparisons);
        }
        EvaluationReport.write(
                report,
                ReportData.of(
                        Version.line(),
                        "pando " + String.join(" ", spec.commandLine().getParseResult().originalArgs()),
                        scores,
                        comparisons,
                        suite.items(),
                        results));
        terminal.out().println();
        terminal.out().println("report: " + report);
        terminal.out().flush();
    }

    private static void write(Path file, List<ModelScore> scores, List<Comparison> comparisons) {
        ObjectNode root = JSON.createObjectNode();
        root.put("pando", Version.pando());
        root.set("models", JSON.valueToTree(scores));
        root.set("comparisons", JSON.valueToTree(comparisons));
        try {
            EvaluationReport.put(file, JSON.writeValueAsString(root) + "\n");
        } catch (JsonProcessingException impossible) {
            throw new AssertionError("records of numbers and texts are JSON", impossible);
        }
    }

    /// The last part of the path, numbered where another model has it too.
    private static String name(Path place, Set<String> taken) {
        Path last = place.toAbsolutePath().normalize().getFileName();
        String name = last == null ? "model" : last.toString();
        for (int i = 2; !taken.add(name); i++) {
            name = last + "-" + i;
        }
        return name;
    }

    private void plan(PrintWriter out) {
        if (devices.stream().anyMatch(count -> count < 1)) {
            throw new ParameterException(spec.commandLine(), "--devices must be at least 1 each");
        }
        out.println("63 sets as in an LLM datacenter, 300 suites; medians of makespans");
        out.println("devices  over the bound  at worst  sooner than one trial a set  than whole sets in turn");
        for (int count : devices) {
            Simulation simulation = Simulation.of(count, 300);
            out.println(
                    String.format(
                            Locale.ROOT,
                            "%7d  %14.3f  %8.3f  %27.2f  %23.2f",
                            count,
                            simulation.overBound(),
                            simulation.worstOverBound(),
                            simulation.soonerThanTrials(),
                            simulation.soonerThanWholeSets()));
        }
        out.flush();
    }

    private static void list(PrintWriter out) {
        Catalogue.suites()
                .forEach((suite, tasks) -> {
                    out.println(suite);
                    for (Task task : tasks) {
                        out.println(
                                "  " + task.name() + " ".repeat(Math.max(1, 26 - task.name().length())) + task.title());
                    }
                });
        out.flush();
    }
}
