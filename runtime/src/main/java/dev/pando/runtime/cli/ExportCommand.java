package dev.pando.runtime.cli;

import dev.pando.checkpoint.huggingface.ModelLayout;
import dev.pando.checkpoint.huggingface.Precision;
import dev.pando.runtime.model.Release;
import dev.pando.runtime.settings.Settings.Stage;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// Releases the model of a run: a directory that `transformers` loads, with a card that says how it came about.
@Command(
        name = "export",
        description = "Writes the model of a run as a directory that `transformers` loads, with a model card.",
        footer = {
            "",
            "  pando checkpoint export runs/quickstart models/quickstart-base",
            "  pando checkpoint export runs/quickstart models/q --layout llama --precision bfloat16"
        })
final class ExportCommand implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "RUN", description = "The run's folder.")
    private Path run;

    @Parameters(index = "1", paramLabel = "DIR", description = "The directory to write, which must not exist.")
    private Path directory;

    @Option(
            names = "--checkpoint",
            paramLabel = "STEP",
            description = "A checkpoint by its step or name; without it, the newest valid one.")
    private String checkpoint;

    @Option(
            names = "--layout",
            paramLabel = "NAME",
            defaultValue = "internlm2",
            description = "internlm2: as that model is published; llama: which loads without remote code.")
    private String layout;

    @Option(
            names = "--precision",
            paramLabel = "NAME",
            defaultValue = "float32",
            description = "float32, bfloat16 or float16.")
    private String precision;

    @Option(
            names = "--stage",
            paramLabel = "NAME",
            description = "base, long, sft, reward or rlhf; without it, pando.job.stage of the run.")
    private String stage;

    @Override
    public Integer call() {
        Release release =
                Release.of(run, Optional.ofNullable(checkpoint))
                        .as(
                                chosen("--layout", layout, ModelLayout.class),
                                chosen("--precision", precision, Precision.class));
        if (stage != null) {
            release = release.stage(chosen("--stage", stage, Stage.class));
        }
        release.write(directory);
        spec.commandLine().getOut().println(release.headline() + " is in " + directory);
        return 0;
    }

    private <T extends Enum<T>> T chosen(String option, String name, Class<T> type) {
        for (T value : type.getEnumConstants()) {
            if (value.name().toLowerCase(Locale.ROOT).equals(name)) {
                return value;
            }
        }
        StringBuilder names = new StringBuilder();
        for (T value : type.getEnumConstants()) {
            names.append(names.isEmpty() ? "" : ", ").append(value.name().toLowerCase(Locale.ROOT));
        }
        throw new ParameterException(spec.commandLine(), option + " " + name + ": there are " + names);
    }
}
