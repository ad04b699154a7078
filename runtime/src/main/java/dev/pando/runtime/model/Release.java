package dev.pando.runtime.model;

import dev.pando.checkpoint.Checkpoints;
import dev.pando.checkpoint.Inspection;
import dev.pando.checkpoint.huggingface.ModelExport;
import dev.pando.checkpoint.huggingface.ModelLayout;
import dev.pando.checkpoint.huggingface.ModelOrigin;
import dev.pando.checkpoint.huggingface.ModelTokens;
import dev.pando.checkpoint.huggingface.Precision;
import dev.pando.runtime.folder.RunFolder;
import dev.pando.runtime.settings.Settings;
import dev.pando.runtime.settings.Settings.Stage;
import dev.pando.runtime.settings.UserError;
import dev.pando.training.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// Releases what a run has made of a model: weights, tokenizer and a card that says how they came about, in a directory
/// that `transformers` loads.
///
/// @param run its folder
/// @param checkpoint by its step or name; empty: the newest that is sound
/// @param stage base, long, sft, reward or rlhf
public record Release(
        Path run,
        Settings settings,
        Optional<String> checkpoint,
        Stage stage,
        ModelLayout layout,
        Precision precision) {

    /// As the run's config says, in InternLM2's own layout and full precision.
    public static Release of(Path run, Optional<String> checkpoint) {
        Settings settings = RunFolder.settings(run);
        return new Release(run, settings, checkpoint, settings.stage(), ModelLayout.INTERNLM2, Precision.FLOAT32);
    }

    public Release as(ModelLayout otherLayout, Precision otherPrecision) {
        return new Release(run, settings, checkpoint, stage, otherLayout, otherPrecision);
    }

    public Release stage(Stage another) {
        return new Release(run, settings, checkpoint, another, layout, precision);
    }

    /// `quickstart-base`
    public String headline() {
        return settings.name() + "-" + stage;
    }

    /// @param directory that is not there yet; it appears complete or not at all
    public void write(Path directory) {
        try (Checkpoints checkpoints = Checkpoints.of(settings.checkpoint().place())) {
            String id = checkpoint.map(which -> checkpoints.inspect(which).id()).orElseGet(() -> newest(checkpoints));
            Inspection seen = checkpoints.inspect(id);
            seen.fault()
                    .ifPresent(fault -> {
                        throw new UserError("the checkpoint " + id + " cannot be used: " + fault);
                    });
            ModelExport export =
                    new ModelExport(
                            settings.model().shape(),
                            layout,
                            precision,
                            ModelExport.FILE_BYTES,
                            settings.batch().length(),
                            tokens(),
                            tokenizer(),
                            ModelCard.of(this, seen),
                            ModelOrigin.of(run));
            checkpoints.exportModel(id, export, directory);
        }
    }

    private String newest(Checkpoints checkpoints) {
        return checkpoints.newest().saved().orElseThrow(() -> new UserError(run + " has no sound checkpoint yet")).id();
    }

    private List<Path> tokenizer() {
        return Tokenizer.fileIn(run).isPresent() ? Tokenizer.files(run) : List.of();
    }

    private ModelTokens tokens() {
        if (tokenizer().isEmpty()) {
            return ModelTokens.INTERNLM2;
        }
        Tokenizer tokenizer = Tokenizer.load(run);
        return new ModelTokens(tokenizer.bos(), tokenizer.eos(), tokenizer.eos());
    }
}
