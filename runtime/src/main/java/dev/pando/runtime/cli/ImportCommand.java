package dev.pando.runtime.cli;

import dev.pando.checkpoint.Checkpoints;
import dev.pando.checkpoint.huggingface.ModelDirectory;
import dev.pando.runtime.folder.RunFolder;
import dev.pando.runtime.settings.JobConfig;
import dev.pando.runtime.settings.Settings;
import dev.pando.runtime.settings.UserError;
import dev.pando.training.step.CheckpointStore.Saved;
import dev.pando.training.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// Makes a model that came from elsewhere a run of no steps, which can be looked at, asked for text and exported.
@Command(
        name = "import",
        description = "Imports a model in Hugging Face's format, as a run without steps.",
        footer = {
            "",
            "  pando checkpoint import runs/internlm2 models/internlm2-1_8b",
            "  pando generate runs/internlm2 --prompt Hello",
            "",
            "To train a model further: pando train JOB --from DIR"
        })
final class ImportCommand implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "RUN", description = "The run's folder, which is created.")
    private Path run;

    @Parameters(index = "1", paramLabel = "DIR", description = "The model's directory.")
    private Path directory;

    @Override
    public Integer call() {
        ModelDirectory model = ModelDirectory.open(directory);
        Settings settings =
                StartingPoint.over(JobConfig.nothing(), "import " + directory, directory)
                        .with("import " + run, "out", run.toString())
                        .settings();
        boolean fresh = !Files.exists(run);
        Saved saved;
        try {
            saved = imported(model, settings);
        } catch (RuntimeException failed) {
            if (fresh) {
                remove(run);
            }
            throw failed;
        }
        spec.commandLine()
                .getOut()
                .println(
                        String.format(
                                Locale.ROOT,
                                "%s: %.1f million parameters, %d layers, as checkpoint %s",
                                run,
                                saved.bytes() / 4e6,
                                model.config().layers(),
                                saved.id()));
        return 0;
    }

    private Saved imported(ModelDirectory model, Settings settings) {
        try (RunFolder folder = RunFolder.claim(settings, false);
                Checkpoints checkpoints =
                        Checkpoints.in(
                                settings.checkpoint().place(), settings.name(), settings.checkpoint().storage())) {
            folder.begin(settings);
            model.tokenizer().ifPresent(file -> Tokenizer.load(file).save(run));
            return checkpoints.importModel(model, Map.of("config", settings.render()));
        }
    }

    /// An incomplete import is removed, so that the next try can start.
    private static void remove(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException left) {
            throw new UserError(folder + " holds what is left of an import that failed: delete it", left);
        }
    }
}
