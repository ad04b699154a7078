package dev.pando.bench.evaluation;

import dev.pando.evaluation.Suite;
import dev.pando.evaluation.plan.Simulation;
import dev.pando.evaluation.run.Item;
import dev.pando.evaluation.scoring.Answer;
import dev.pando.evaluation.task.Mode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// Measures what an evaluation costs apart from the model: the sandbox on HumanEval's own solutions, and the plan.
@Command(
        name = "bench/evaluation",
        sortOptions = false,
        description = "HumanEval's solutions in the sandbox, and makespans over their bound; see bench/README.md.")
public final class EvaluationBench implements Callable<Integer> {
    private static final double NANOS = 1e9;
    private static final long LONGEST_MINUTES = 30;

    @Option(names = "--data", paramLabel = "DIR", description = "Folder that holds humaneval/HumanEval.jsonl.")
    private Path data;

    @Option(names = "--threads", defaultValue = "2", description = "Of the sandbox, default ${DEFAULT-VALUE}.")
    private int threads;

    @Option(names = "--devices", split = ",", defaultValue = "8,32", description = "Of the plan.")
    private List<Integer> devices;

    private EvaluationBench() {}

    /// Runs it.
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new EvaluationBench()).execute(arguments));
    }

    @Override
    public Integer call() throws InterruptedException, ExecutionException, TimeoutException {
        System.out.println("| what | figure |\n| --- | --- |");
        if (data != null) {
            sandbox();
        }
        for (int count : devices) {
            Simulation plan = Simulation.of(count, 300);
            System.out.printf(
                    Locale.ROOT,
                    "| 63 sets on %d devices, 300 suites: makespan over the bound, median (worst) | %.3f (%.3f) |%n",
                    count,
                    plan.overBound(),
                    plan.worstOverBound());
            System.out.printf(
                    Locale.ROOT,
                    "| sooner than one trial a set; than whole sets in turn | %.2f; %.2f |%n",
                    plan.soonerThanTrials(),
                    plan.soonerThanWholeSets());
        }
        return 0;
    }

    private void sandbox() throws InterruptedException, ExecutionException, TimeoutException {
        List<Item> items = Suite.prepare(List.of("humaneval"), Optional.of(data), 0).items();
        long begun = System.nanoTime();
        double passed = 0;
        try (ExecutorService pool =
                Executors.newFixedThreadPool(threads, Thread.ofPlatform().name("sandbox-", 0).factory())) {
            List<Future<Double>> scores = new ArrayList<>();
            items.forEach(item -> scores.add(pool.submit(() -> score(item))));
            for (Future<Double> score : scores) {
                passed += score.get(LONGEST_MINUTES, TimeUnit.MINUTES);
            }
        }
        System.out.printf(
                Locale.ROOT,
                "| HumanEval's own solutions that pass in the sandbox, %d threads | %.0f of %d in %.1f s |%n",
                threads,
                passed,
                items.size(),
                (System.nanoTime() - begun) / NANOS);
    }

    private static double score(Item item) {
        Mode.Generation how = (Mode.Generation) item.task().mode();
        String solution = item.row().at("canonical_solution").asText();
        return how.scorer().score(new Answer(solution, solution, List.of(), item.row())).score();
    }
}
