package dev.pando.runtime.cli;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.pando.checkpoint.huggingface.ModelDirectory;
import dev.pando.evaluation.data.EvaluationException;
import dev.pando.evaluation.model.LanguageModel;
import dev.pando.evaluation.model.WeightsModel;
import dev.pando.runtime.model.TrainedModel;
import dev.pando.runtime.settings.UserError;
import dev.pando.training.model.ModelTensors;
import dev.pando.training.step.TrainerState.Span;
import dev.pando.training.tensor.Memory;
import dev.pando.training.tensor.TensorTable;
import dev.pando.training.tokenizer.Tokenizer;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// A model that the evaluation room can ask: a run's, or a directory in Hugging Face's format.
///
/// @param memory what has to be closed after it
record OpenModel(LanguageModel model, AutoCloseable memory) implements AutoCloseable {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    /// @param name by which tables call it
    /// @param checkpoint of a run; empty: the newest
    /// @param context tokens that a text may have; empty: those that the model was trained for
    static OpenModel of(Path place, String name, Optional<String> checkpoint, Optional<Integer> context) {
        if (!Files.isDirectory(place)) {
            throw new UserError(place + " is no folder; name a run's folder, or a model's directory");
        }
        if (Files.exists(place.resolve("config.json"))) {
            if (checkpoint.isPresent()) {
                throw new UserError("--checkpoint is for runs, and " + place + " is a model's directory");
            }
            return directory(place, name, context);
        }
        TrainedModel trained = TrainedModel.open(place, checkpoint);
        return new OpenModel(
                new WeightsModel(
                        name,
                        trained.shape(),
                        trained.weights(),
                        trained.tokenizer(),
                        context.orElse(trained.length())),
                trained);
    }

    private static OpenModel directory(Path place, String name, Optional<Integer> context) {
        ModelDirectory directory = ModelDirectory.open(place);
        Path file =
                directory
                        .tokenizer()
                        .orElseThrow(() -> new UserError(place + " has no tokenizer.json, which an evaluation needs"));
        Tokenizer tokenizer = Tokenizer.load(file);
        int positions = context.orElseGet(() -> positions(place.resolve("config.json")));
        TensorTable table = ModelTensors.table(directory.config());
        Arena arena = Arena.ofShared();
        try {
            MemorySegment weights = Memory.of(arena).allocate("weights", table.bytes());
            List<Span> spans =
                    table.entries().stream()
                            .map(entry -> new Span(entry.name(), entry.shape(), entry.in(weights)))
                            .toList();
            directory.load(spans);
            return new OpenModel(new WeightsModel(name, directory.config(), weights, tokenizer, positions), arena);
        } catch (RuntimeException failed) {
            arena.close();
            throw failed;
        }
    }

    private static int positions(Path config) {
        try {
            int positions = JSON.readTree(config.toFile()).path("max_position_embeddings").asInt(0);
            if (positions < 2) {
                throw new UserError(config + " says no max_position_embeddings; name the context with --context N");
            }
            return positions;
        } catch (IOException failed) {
            throw new EvaluationException(config + " cannot be read: " + failed.getMessage(), failed);
        }
    }

    @Override
    public void close() {
        try {
            memory.close();
        } catch (Exception failed) {
            throw new IllegalStateException("the memory of " + model.name() + " cannot be freed", failed);
        }
    }
}
