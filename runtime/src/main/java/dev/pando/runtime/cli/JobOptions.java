package dev.pando.runtime.cli;

import dev.pando.checkpoint.storage.S3Location;
import dev.pando.runtime.folder.RunFolder;
import dev.pando.runtime.settings.JobConfig;
import dev.pando.runtime.settings.Settings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// What every command that trains asks of its user: a job's file, and what is to differ from it.
public final class JobOptions {
    @Parameters(
            index = "0",
            paramLabel = "CONF",
            description = "The job: a file with `pando.job`, or the folder of a run.")
    private Path conf;

    @Option(
            names = "--set",
            paramLabel = "PATH=VALUE",
            description = "Overrides a key, as in --set optimizer.peak-learning-rate=1e-3.")
    private List<String> sets = new ArrayList<>();

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "Trains on this folder or file of text and code. May be given again.")
    private List<Path> data = new ArrayList<>();

    @Option(
            names = "--from",
            paramLabel = "DIR",
            description = {
                "Begins with the weights of a model in Hugging Face's format, and",
                "takes over its shape and tokenizer; or, if DIR is the folder of",
                "another run, continues from its newest valid checkpoint."
            })
    private Path from;

    @Option(names = "--out", paramLabel = "DIR", description = "The run's folder.")
    private Path out;

    @Option(names = "--steps", paramLabel = "N", description = "Steps to train.")
    private Long steps;

    @Option(
            names = "--workers",
            paramLabel = "N",
            description = "Workers that share the work; their number changes no bit.")
    private Integer workers;

    /// The job's settings, options laid over the file.
    ///
    /// @throws dev.pando.runtime.settings.UserError if anything is not as it must be
    public Settings settings() {
        return written().settings();
    }

    /// The same for a job that is trained elsewhere: its paths no longer depend on the folder that we are in.
    Settings anywhere() {
        Settings here = settings();
        JobConfig written =
                written()
                        .with("out", "out", absolute(here.out()))
                        .with(
                                "data",
                                "data.paths",
                                here.data().paths().stream().map(path -> absolute(Path.of(path))).toList())
                        .with("data", "data.prepared", absolute(here.data().prepared()));
        if (here.data().tokenizerFile().isPresent()) {
            written = written.with("data", "data.tokenizer.file", absolute(here.data().tokenizerFile().get()));
        }
        String checkpoints = here.config().getString("checkpoint.folder");
        return (checkpoints.isEmpty() || S3Location.isOne(checkpoints)
                        ? written
                        : written.with("checkpoint", "checkpoint.folder", absolute(Path.of(checkpoints))))
                .settings();
    }

    private static String absolute(Path path) {
        return path.toAbsolutePath().normalize().toString();
    }

    private JobConfig written() {
        JobConfig written =
                Files.isDirectory(conf) ? RunFolder.moved(RunFolder.config(conf), conf) : JobConfig.file(conf);
        if (from != null) {
            written = StartingPoint.over(written, "--from " + from, from);
        }
        if (!data.isEmpty()) {
            written = written.with("--data", "data.paths", data.stream().map(Path::toString).toList());
        }
        if (out != null) {
            written = written.with("--out " + out, "out", out.toString());
        }
        if (steps != null) {
            written = written.with("--steps " + steps, "steps", steps);
        }
        if (workers != null) {
            written = written.with("--workers " + workers, "workers", workers);
        }
        for (String set : sets) {
            written = written.set(set);
        }
        return written;
    }
}
