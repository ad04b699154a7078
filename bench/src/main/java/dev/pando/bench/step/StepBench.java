package dev.pando.bench.step;

import dev.pando.bench.step.Comparison.Plan;
import dev.pando.training.grid.Grid;
import dev.pando.training.ops.CpuOps;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.DoubleStream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/// Measures a full training step (forward, backward, clip, AdamW) beside PyTorch in the same run.
@Command(
        name = "bench/step/run",
        sortOptions = false,
        description = "Tokens a second of a full training step, beside PyTorch in the same run; see bench/README.md.")
public final class StepBench implements Runnable {
    private static final int OPERATOR_STEPS = 4;

    private enum Config {
        S(Workload.S),
        M(Workload.M);

        private final Workload work;

        Config(Workload work) {
            this.work = work;
        }
    }

    @Option(
            names = "--config",
            split = ",",
            defaultValue = "S",
            paramLabel = "S|M",
            description = "Models to train, default ${DEFAULT-VALUE}.")
    private List<Config> configs;

    @Option(
            names = "--threads",
            split = ",",
            paramLabel = "N",
            description = "Numbers of threads of either side; default: 1, and one for each core.")
    private List<Integer> threads = List.of(1, Runtime.getRuntime().availableProcessors()).stream().distinct().toList();

    @Option(names = "--steps", defaultValue = "5", description = "Steps of a turn, default ${DEFAULT-VALUE}.")
    private int steps;

    @Option(names = "--rounds", defaultValue = "7", description = "Turns of each side, default ${DEFAULT-VALUE}.")
    private int rounds;

    @Option(
            names = "--warm-up",
            defaultValue = "10",
            description = "Steps of each side before the first round, default ${DEFAULT-VALUE}.")
    private int warmUp;

    @Option(
            names = "--python",
            defaultValue = "${env:PANDO_PEERS_PYTHON}",
            paramLabel = "PATH",
            description =
                    "An interpreter that has PyTorch; default: PANDO_PEERS_PYTHON of the environment, or python3.")
    private String python;

    @Option(names = "--compile", description = "Has torch.compile take turns as well.")
    private boolean compile;

    @Option(
            names = "--grid",
            split = ",",
            arity = "1",
            paramLabel = "U,S",
            description = "Has Pando take turns with U tensor shards and S sequence chunks as well, on one device.")
    private List<Integer> grid = List.of();

    @Option(names = "--json", paramLabel = "FILE", description = "Appends all results to a file, a JSON object a line.")
    private Path json;

    @Option(names = "--help", usageHelp = true, description = "Shows this.")
    @SuppressWarnings("UnusedVariable") // picocli looks at it
    private boolean help;

    @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

    private final PrintStream out = System.out;

    /// For `bench/step/run`.
    public static void main(String[] arguments) {
        CommandLine line = new CommandLine(new StepBench());
        line.setExecutionExceptionHandler((failure, _, _) -> {
            line.getErr().println(failure.getMessage());
            return 1;
        });
        System.exit(line.execute(arguments));
    }

    @Override
    public void run() {
        for (int number : List.of(steps, rounds, warmUp)) {
            require(number >= 1, "--steps, --rounds and --warm-up must be at least 1, not " + number);
        }
        threads.forEach(number -> require(number >= 1, "--threads must be at least 1, not " + number));
        Optional<Grid> cut = cut();
        Optional<String> torch = torch();
        out.println("Pando on " + CpuOps.library() + "\n");
        for (Config config : configs) {
            for (int count : threads) {
                compare(config.work, count, cut, torch);
                timeOperators(config.work, count);
            }
        }
    }

    private Optional<Grid> cut() {
        if (grid.isEmpty()) {
            return Optional.empty();
        }
        require(grid.size() == 2, "--grid must be two numbers, as in 2,2");
        try {
            Grid cut = new Grid(grid.getFirst(), grid.getLast());
            configs.forEach(config -> cut.check(config.work.model(), config.work.length()));
            return Optional.of(cut);
        } catch (IllegalArgumentException refused) {
            throw new ParameterException(spec.commandLine(), "--grid: " + refused.getMessage(), refused);
        }
    }

    /// An interpreter that has PyTorch.
    private Optional<String> torch() {
        String interpreter = python == null ? "python3" : python;
        if (TorchSide.hasTorch(interpreter)) {
            return Optional.of(interpreter);
        }
        require(python == null, python + " has no PyTorch; name a Python that has by --python or PANDO_PEERS_PYTHON");
        out.println(
                "Without a peer: no PyTorch in python3; name a Python that has it by --python or"
                        + " PANDO_PEERS_PYTHON.\n");
        return Optional.empty();
    }

    private void compare(Workload work, int count, Optional<Grid> cut, Optional<String> torch) {
        try (PandoSide pando = new PandoSide(work, new CpuOps("bench", count));
                Handover handover = Handover.of(work, pando.weights())) {
            List<Contestant> sides = new ArrayList<>(List.of(pando));
            try {
                cut.ifPresent(by -> sides.add(new PandoSide(work, by, new CpuOps("bench", count))));
                if (torch.isPresent()) {
                    sides.add(TorchSide.start(torch.get(), handover, count, false));
                    if (compile) {
                        sides.add(TorchSide.start(torch.get(), handover, count, true));
                    }
                }
                Comparison result = Comparison.run(work, count, new Plan(warmUp, rounds, steps), sides, this::progress);
                progress("");
                out.println(Tables.of(result));
                if (json != null) {
                    new JsonLines(json).add(result);
                }
            } finally {
                sides.subList(1, sides.size()).forEach(Contestant::close);
            }
        }
    }

    private void timeOperators(Workload work, int count) {
        TimedOps ops = new TimedOps(new CpuOps("bench", count));
        try (PandoSide pando = new PandoSide(work, ops)) {
            progress("timing operators");
            pando.run(2);
            ops.reset();
            double seconds = DoubleStream.of(pando.run(OPERATOR_STEPS).seconds()).sum();
            progress("");
            out.println(Tables.of(ops.meters(), OPERATOR_STEPS, seconds));
            if (json != null) {
                new JsonLines(json).add(work, count, ops.meters(), OPERATOR_STEPS);
            }
        }
    }

    /// On a terminal one line that changes, in a pipe nothing.
    @SuppressWarnings("SystemConsoleNull") // the console of JDK 25 is null again in a pipe
    private void progress(String doing) {
        if (System.console() != null && System.console().isTerminal()) {
            System.err.print("\r\033[K" + doing);
        }
    }

    private void require(boolean holds, String sentence) {
        if (!holds) {
            throw new ParameterException(spec.commandLine(), sentence);
        }
    }
}
