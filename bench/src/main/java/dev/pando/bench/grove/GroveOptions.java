package dev.pando.bench.grove;

import dev.pando.bench.Findings;
import dev.pando.runtime.settings.JobConfig;
import dev.pando.runtime.settings.Settings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/// What the benches of a grove are told: which job, and where its runs lie.
final class GroveOptions {
    private static final Path HOME = Path.of(System.getProperty("pando.home", "."));

    @Option(
            names = "--job",
            paramLabel = "CONF",
            description = "The job. Default: examples/quickstart.conf, on the text of actors/.")
    private Path job;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description =
                    "A new folder for figures.json, plot.svg and the runs. Default: bench/target, and runs elsewhere.")
    private Path out;

    private Path runs;

    @Option(names = "--help", usageHelp = true, description = "Shows this help.")
    @SuppressWarnings("UnusedVariable") // picocli looks at it
    private boolean help;

    Findings findings(String measure) {
        return new Findings(measure, "s", out == null ? HOME.resolve("bench/target").resolve(measure) : out);
    }

    /// Makes the folder if it is missing.
    Path folder() {
        try {
            if (runs == null) {
                runs = out == null ? Files.createTempDirectory("pando-bench-") : out.resolve("runs");
            }
            return Files.createDirectories(runs);
        } catch (IOException failed) {
            throw new UncheckedIOException("the runs' folder: " + failed.getMessage(), failed);
        }
    }

    Settings settings(String run, int workers, long steps) {
        JobConfig written =
                job != null
                        ? JobConfig.file(job)
                        : JobConfig.file(HOME.resolve("examples/quickstart.conf"))
                                .with("data", "data.paths", java.util.List.of(HOME.resolve("actors").toString()));
        return written.with("out", "out", folder().resolve(run).toString())
                .with("name", "name", run)
                .with("prepared", "data.prepared", folder().resolve("prepared").toString())
                .with("workers", "workers", workers)
                .with("steps", "steps", steps)
                .with("schedule", "optimizer.schedule-steps", 10_000L)
                .with("prompts", "sample.prompts", java.util.List.of())
                .settings();
    }
}
