package dev.pando.runtime.cli;

import dev.pando.evaluation.Catalogue;
import dev.pando.evaluation.Suite;
import dev.pando.evaluation.plan.Simulation;
import dev.pando.evaluation.task.Task;
import dev.pando.runtime.cli.view.Terminal;
import dev.pando.runtime.job.Subcommand;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// Scores models on benchmarks.
@Command(
        name = "evaluate",
        subcommands = {NeedleCommand.class, EvaluationWorkerCommand.class},
        description =
                "Scores models on benchmarks. The same model and tasks give the same bits for any number of workers.",
        footer = {
            "",
            "  pando evaluate runs/quickstart",
            "  pando evaluate models/internlm2 --tasks mmlu,gsm8k --data ~/benchmarks --items mmlu.jsonl",
            "  pando evaluate runs/a runs/b --tasks my-tasks.conf --json scores.json",
            "  pando evaluate needle runs/quickstart --lengths 256,512,1k",
            "",
            "docs/evaluation.md says how a benchmark is added."
        })
public final class EvaluateCommand implements Subcommand {
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

    @Mixin private final EvaluationOptions options = new EvaluationOptions();

    @Option(
            names = "--context",
            paramLabel = "N",
            description = "Tokens that a text may have; without it, what the model was trained for.")
    private Integer context;

    @Option(names = "--batch", paramLabel = "N", description = "Items that a worker takes at a time.")
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
                        options.open(
                                new OpenModel.Opening(
                                        place,
                                        name(place, names),
                                        options.checkpoint(),
                                        Optional.ofNullable(context),
                                        0,
                                        Optional.empty())));
            }
            new EvaluationSession(spec, terminal, options, batch).run(suite, models, Optional.empty());
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
        options.check(spec);
        if (limit < 0 || batch < 1 || context != null && context < 2) {
            throw new ParameterException(
                    spec.commandLine(), "--batch is at least 1, --context at least 2, and --limit is not negative");
        }
    }

    /// The last part of the path, numbered where another model has it too.
    static String name(Path place, Set<String> taken) {
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
