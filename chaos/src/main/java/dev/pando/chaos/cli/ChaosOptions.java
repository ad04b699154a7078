package dev.pando.chaos.cli;

import dev.pando.runtime.folder.RunFolder;
import dev.pando.runtime.settings.JobConfig;
import dev.pando.runtime.settings.UserError;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Which job is disturbed, and where its runs go: what the commands of this module have in common.
final class ChaosOptions {
    @Parameters(
            index = "0",
            paramLabel = "CONF",
            description = "The job: a file with `pando.job`, or the folder of a run.")
    private Path conf;

    @Option(names = "--set", paramLabel = "PATH=VALUE", description = "Overrides a key, as in --set batch.shards=6.")
    private List<String> sets = new ArrayList<>();

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "Trains on this folder or file of text and code. May be given again.")
    private List<Path> data = new ArrayList<>();

    @Option(names = "--steps", paramLabel = "N", description = "Steps of each run.")
    private Long steps;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = "Folder of the runs; without it, beside the job's folder, as in runs/job-chaos.")
    private Path out;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            description = "Decides everything random; ${DEFAULT-VALUE} if not given.")
    private long seed;

    @Option(names = "--keep", description = "Keeps the checkpoints of successful runs too.")
    private boolean keep;

    /// The job with the options laid over it.
    JobConfig job() {
        JobConfig written = Files.isDirectory(conf) ? RunFolder.config(conf) : JobConfig.file(conf);
        if (!data.isEmpty()) {
            written = written.with("--data", "data.paths", data.stream().map(Path::toString).toList());
        }
        if (steps != null) {
            written = written.with("--steps " + steps, "steps", steps);
        }
        for (String set : sets) {
            written = written.set(set);
        }
        return written;
    }

    /// The same for another process's `pando train`.
    List<String> arguments() {
        List<String> arguments = new ArrayList<>(List.of(conf.toString()));
        data.forEach(path -> arguments.addAll(List.of("--data", path.toString())));
        if (steps != null) {
            arguments.addAll(List.of("--steps", steps.toString()));
        }
        sets.forEach(set -> arguments.addAll(List.of("--set", set)));
        return arguments;
    }

    OptionalLong steps() {
        return steps == null ? OptionalLong.empty() : OptionalLong.of(steps);
    }

    long seed() {
        return seed;
    }

    /// A folder that is not there yet.
    ///
    /// @param purpose first part of its name
    Path freshFolder(String purpose) {
        Path parent = out != null ? out : Path.of(job().settings().out() + "-chaos");
        try {
            Files.createDirectories(parent);
        } catch (IOException failed) {
            throw new UserError("cannot write in " + parent + ": pick another folder with --out", failed);
        }
        int number = 1;
        while (Files.exists(parent.resolve(purpose + "-" + number))) {
            number++;
        }
        return parent.resolve(purpose + "-" + number);
    }

    /// Leaves of runs that went well what people look at: curves, events, reports.
    void tidy(Path folder) {
        if (keep) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            List<Path> heavy =
                    files.filter(file -> folder.relativize(file).toString().contains("checkpoints"))
                            .sorted(Comparator.reverseOrder())
                            .toList();
            for (Path file : heavy) {
                Files.delete(file);
            }
        } catch (IOException failed) {
            throw new UncheckedIOException("clearing checkpoints in " + folder, failed);
        }
    }
}
