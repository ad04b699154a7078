package dev.pando.bench.overhead;

import dev.pando.actors.job.JobEvent;
import dev.pando.bench.Findings;
import dev.pando.bench.Spread;
import dev.pando.runtime.Pando;
import dev.pando.runtime.job.JobResult;
import dev.pando.runtime.job.Submission;
import dev.pando.runtime.settings.JobConfig;
import dev.pando.runtime.settings.Settings;
import dev.pando.training.data.PackedSampler;
import dev.pando.training.data.PreparedData;
import dev.pando.training.data.Progress;
import dev.pando.training.ops.CpuOps;
import dev.pando.training.step.ModelTrainer;
import dev.pando.training.step.PlainLoop;
import dev.pando.training.tensor.Memory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// Measures what actors, votes, the collective and the run's folder cost when nothing fails: a job of one worker beside
/// the plain loop on the same data, in the same JVM, turn by turn. Both must end with the same bits.
@Command(
        name = "bench/overhead",
        sortOptions = false,
        description =
                "Speed of a job with one worker over the plain loop's, on examples/quickstart.conf; see"
                        + " bench/README.md.")
public final class OverheadBench implements Runnable {
    private static final int UNCOUNTED = 2;
    private static final double GOAL = 1.03; // of the plain loop's time
    private static final Path HOME = Path.of(System.getProperty("pando.home", "."));

    /// One side's turn.
    private record Turn(Pace pace, String hash) {}

    @Option(names = "--threads", paramLabel = "N", description = "Threads of either side; default: one for each core.")
    private int threads = Runtime.getRuntime().availableProcessors();

    @Option(names = "--steps", defaultValue = "30", description = "Counted steps of a turn, default ${DEFAULT-VALUE}.")
    private int steps;

    @Option(names = "--rounds", defaultValue = "7", description = "Turns of each side, default ${DEFAULT-VALUE}.")
    private int rounds;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = "For figures.json and plot.svg; default: bench/target/overhead.")
    private Path out = HOME.resolve("bench/target/overhead");

    @Option(names = "--help", usageHelp = true, description = "Shows this.")
    @SuppressWarnings("UnusedVariable") // picocli looks at it
    private boolean help;

    /// For `bench/overhead`.
    public static void main(String[] arguments) {
        CommandLine line = new CommandLine(new OverheadBench());
        line.setExecutionExceptionHandler((failure, _, _) -> {
            line.getErr().println(failure.getMessage());
            return 1;
        });
        System.exit(line.execute(arguments));
    }

    @Override
    public void run() {
        try {
            Path folder = Files.createTempDirectory("pando-bench-");
            try {
                compare(folder);
            } finally {
                delete(folder);
            }
        } catch (IOException failed) {
            throw new UncheckedIOException("the runs' temporary folder: " + failed.getMessage(), failed);
        }
    }

    private void compare(Path folder) throws IOException {
        double[] ratios = new double[rounds];
        double[] cpuRatios = new double[rounds];
        double[] jobs = new double[rounds];
        double[] loops = new double[rounds];
        long tokens = 0;
        job(settings(folder, "warm-up")); // prepares the data, and gets both compiled
        for (int round = 0; round < rounds; round++) {
            Settings settings = settings(folder, "round-" + round);
            tokens = settings.batch().positions();
            boolean jobFirst = round % 2 == 0;
            Turn early = jobFirst ? job(settings) : loop(settings);
            Turn late = jobFirst ? loop(settings) : job(settings);
            if (!early.hash.equals(late.hash)) {
                throw new IllegalStateException("job and plain loop ended with " + early.hash + " and " + late.hash);
            }
            Pace job = (jobFirst ? early : late).pace;
            Pace loop = (jobFirst ? late : early).pace;
            jobs[round] = tokens / job.medianSeconds();
            loops[round] = tokens / loop.medianSeconds();
            ratios[round] = jobs[round] / loops[round];
            cpuRatios[round] = loop.cpuSecondsAStep() / job.cpuSecondsAStep();
        }
        System.out.printf(
                Locale.ROOT,
                """
                ### quickstart, %d threads, %d tokens a step; all runs ended with the same bits

                | | tokens/s | over the plain loop | in processor time |
                | --- | --- | --- | --- |
                | plain loop | %s | | |
                | job, 1 worker | %s | %s | %s |

                """,
                threads,
                tokens,
                Spread.of(loops).text("%.0f"),
                Spread.of(jobs).text("%.0f"),
                Spread.of(ratios).text("%.3f"),
                Spread.of(cpuRatios).text("%.3f"));
        Findings findings = new Findings("overhead", "of the plain loop's time for a step", out);
        findings.goal(GOAL, "goal");
        Arrays.stream(ratios).forEach(ratio -> findings.took(1 / ratio));
        Spread overhead = Spread.of(Arrays.stream(ratios).map(ratio -> 1 / ratio - 1).toArray());
        Spread processor = Spread.of(Arrays.stream(cpuRatios).map(ratio -> 1 / ratio - 1).toArray());
        findings.say(
                "{\"measure\": \"overhead\", \"threads\": %d, \"tokens_a_step\": %d, \"rounds\": %d, \"steps\": %d,"
                        + " \"plain_tokens_per_s\": %.0f, \"job_tokens_per_s\": %.0f, \"overhead_median\": %.4f,"
                        + " \"overhead_low\": %.4f, \"overhead_high\": %.4f, \"processor_overhead_median\": %.4f,"
                        + " \"processor_overhead_low\": %.4f, \"processor_overhead_high\": %.4f}",
                threads,
                tokens,
                rounds,
                steps,
                Spread.median(loops),
                Spread.median(jobs),
                overhead.median(),
                overhead.low(),
                overhead.high(),
                processor.median(),
                processor.low(),
                processor.high());
        findings.write();
    }

    /// The quickstart, its data and its run in a folder of our own.
    private Settings settings(Path folder, String run) {
        return JobConfig.file(HOME.resolve("examples/quickstart.conf"))
                .with("--data", "pando.job.data.paths", List.of(HOME.toString()))
                .with("--prepared", "pando.job.data.prepared", folder.resolve("prepared").toString())
                .with("--out", "pando.job.out", folder.resolve(run).toString())
                .with("--steps", "pando.job.steps", UNCOUNTED + steps)
                .with("--threads", "pando.job.threads", threads)
                .with("--workers", "pando.job.workers", 1)
                .with("--checkpoint", "pando.job.checkpoint.every-steps", 1_000_000)
                .with("--prompts", "pando.job.sample.prompts", List.of())
                .settings();
    }

    private Turn job(Settings settings) {
        Pace pace = new Pace(UNCOUNTED);
        Submission submission =
                Submission.of(settings)
                        .listening(event -> {
                            if (event instanceof JobEvent.StepCommitted) {
                                pace.commit();
                            }
                        });
        try (Pando pando = Pando.start(submission)) {
            JobResult result = pando.job().done().toCompletableFuture().join();
            if (result instanceof JobResult.Finished finished) {
                return new Turn(pace, finished.hash());
            }
            throw new IllegalStateException("the job did not finish: " + result);
        }
    }

    private Turn loop(Settings settings) {
        var batch = settings.batch();
        Pace pace = new Pace(UNCOUNTED);
        try (PreparedData data = PreparedData.prepare(settings.data(), Progress.NONE);
                Arena arena = Arena.ofShared();
                ModelTrainer trainer =
                        new ModelTrainer(
                                settings.model().shape(),
                                settings.model().keeping(),
                                settings.optimizer(),
                                batch,
                                new PackedSampler(
                                        data,
                                        settings.seed(),
                                        batch.microbatchesOfStep(),
                                        batch.rows(),
                                        batch.length()),
                                settings.seed(),
                                new CpuOps("plain", threads),
                                Memory.of(arena))) {
            PlainLoop loop = new PlainLoop(trainer, batch.shards(), Memory.of(arena));
            loop.run(settings.steps(), _ -> pace.commit());
            return new Turn(pace, loop.hash());
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
