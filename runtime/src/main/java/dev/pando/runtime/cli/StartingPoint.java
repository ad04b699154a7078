package dev.pando.runtime.cli;

import dev.pando.checkpoint.huggingface.ModelDirectory;
import dev.pando.runtime.settings.JobConfig;
import dev.pando.runtime.settings.UserError;
import dev.pando.training.model.ModelConfig;
import dev.pando.training.model.RopeScaling;
import dev.pando.training.tokenizer.Tokenizer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/// Lays over a job what follows from where it begins: a model's shape and tokenizer, or another run's state.
final class StartingPoint {
    private StartingPoint() {}

    /// @param option as the user knows it
    /// @param place a model's directory, or a run's folder
    static JobConfig over(JobConfig job, String option, Path place) {
        if (Files.exists(place.resolve("config.json"))) {
            return model(job, option, place);
        }
        if (!Files.exists(place.resolve("job.conf"))) {
            throw new UserError(
                    option + " holds neither a model, for it has no config.json, nor a run, for it has no job.conf");
        }
        return job.with(option, "start.run", place.toString());
    }

    private static JobConfig model(JobConfig job, String option, Path place) {
        ModelDirectory directory = ModelDirectory.open(place);
        JobConfig written = shape(job, option, directory.config()).with(option, "start.model", place.toString());
        Optional<Path> tokenizer = directory.tokenizer();
        if (tokenizer.isEmpty() && !job.says("data.tokenizer.file")) {
            throw UserError.failed(
                    place
                            + " holds a model and no tokenizer, neither tokenizer.json nor tokenizer.model: its weights"
                            + " mean nothing to another one; put the model's own beside them, or name it by --set"
                            + " data.tokenizer.file=FILE");
        }
        tokenizer.ifPresent(file -> check(file, directory));
        return tokenizer.map(file -> written.with(option, "data.tokenizer.file", file.toString())).orElse(written);
    }

    /// A tokenizer that the model can be used with: it is read, and the model has room for its tokens.
    private static void check(Path file, ModelDirectory model) {
        int tokens = Tokenizer.load(file).vocabularySize();
        if (tokens > model.config().vocabulary()) {
            throw UserError.failed(
                    file
                            + " has "
                            + tokens
                            + " tokens, and the model beside it room for "
                            + model.config().vocabulary()
                            + " (vocab_size): they do not belong together");
        }
    }

    private static JobConfig shape(JobConfig job, String option, ModelConfig model) {
        return scaling(job, option, model.ropeScaling())
                .with(option, "model.vocabulary", model.vocabulary())
                .with(option, "model.hidden", model.hidden())
                .with(option, "model.layers", model.layers())
                .with(option, "model.heads", model.heads())
                .with(option, "model.kv-heads", model.kvHeads())
                .with(option, "model.intermediate", model.intermediate())
                .with(option, "model.rope-theta", model.ropeTheta())
                .with(option, "model.norm-epsilon", model.normEpsilon());
    }

    private static JobConfig scaling(JobConfig job, String option, RopeScaling scaling) {
        return switch (scaling) {
            case RopeScaling.None _ -> job.with(option, "model.rope-scaling.type", "none");
            case RopeScaling.Linear(double factor) ->
                    job.with(option, "model.rope-scaling.type", "linear")
                            .with(option, "model.rope-scaling.factor", factor);
            case RopeScaling.Dynamic(double factor, int positions) ->
                    job.with(option, "model.rope-scaling.type", "dynamic")
                            .with(option, "model.rope-scaling.factor", factor)
                            .with(option, "model.rope-scaling.original-positions", positions);
            case RopeScaling.Llama3(double factor, double low, double high, int positions) ->
                    job.with(option, "model.rope-scaling.type", "llama3")
                            .with(option, "model.rope-scaling.factor", factor)
                            .with(option, "model.rope-scaling.low-frequency-factor", low)
                            .with(option, "model.rope-scaling.high-frequency-factor", high)
                            .with(option, "model.rope-scaling.original-positions", positions);
        };
    }
}
