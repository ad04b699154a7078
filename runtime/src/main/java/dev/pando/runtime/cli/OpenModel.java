package dev.pando.runtime.cli;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.pando.checkpoint.huggingface.ModelDirectory;
import dev.pando.evaluation.data.EvaluationException;
import dev.pando.evaluation.model.SharedWeights;
import dev.pando.evaluation.model.WeightsModel;
import dev.pando.runtime.folder.RunFolder;
import dev.pando.runtime.model.TrainedModel;
import dev.pando.runtime.settings.Settings;
import dev.pando.runtime.settings.UserError;
import dev.pando.training.model.ModelConfig;
import dev.pando.training.model.ModelTensors;
import dev.pando.training.model.RopeScaling;
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
import java.util.function.Consumer;

/// A model that the evaluation room can ask: a run's, or a directory in Hugging Face's format.
///
/// @param how another process opens the same model
/// @param memory what has to be closed after it
record OpenModel(WeightsModel model, Opening how, AutoCloseable memory) implements AutoCloseable {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    /// How a model is opened.
    ///
    /// @param name by which tables call it
    /// @param checkpoint of a run; empty: the newest
    /// @param context tokens that a text may have; empty: those that the model was trained for
    /// @param ntk factor of dynamic NTK for a model whose config names no scaling; 0: none
    /// @param weights file that another process shares, see [SharedWeights]; empty: they are read from `place`
    record Opening(
            Path place,
            String name,
            Optional<String> checkpoint,
            Optional<Integer> context,
            double ntk,
            Optional<Path> weights) {}

    static OpenModel of(Opening how) {
        Path place = how.place();
        if (!Files.isDirectory(place)) {
            throw new UserError(place + " is no folder; name a run's folder, or a model's directory");
        }
        if (Files.exists(place.resolve("config.json"))) {
            if (how.checkpoint().isPresent()) {
                throw new UserError("--checkpoint is for runs, and " + place + " is a model's directory");
            }
            ModelDirectory directory = ModelDirectory.open(place);
            Path file =
                    directory
                            .tokenizer()
                            .orElseThrow(
                                    () -> new UserError(place + " has no tokenizer.json, which an evaluation needs"));
            int trained =
                    how.ntk() > 0 || how.context().isEmpty()
                            ? positions(place.resolve("config.json"))
                            : how.context().get();
            return of(how, directory.config(), Tokenizer.load(file), trained, directory::load);
        }
        if (how.weights().isPresent()) {
            Settings settings = RunFolder.settings(place);
            return of(how, settings.model().shape(), Tokenizer.load(place), settings.batch().length(), _ -> {});
        }
        TrainedModel trained = TrainedModel.open(place, how.checkpoint());
        return new OpenModel(
                model(how, trained.shape(), trained.weights(), trained.tokenizer(), trained.length()), how, trained);
    }

    /// The same model with its weights where other processes can map them; this one is closed.
    OpenModel shared() {
        SharedWeights shared = SharedWeights.of(model.weights());
        close();
        Opening there =
                new Opening(
                        how.place(),
                        how.name(),
                        how.checkpoint(),
                        Optional.of(model.context()),
                        how.ntk(),
                        Optional.of(shared.file()));
        return new OpenModel(model.at(shared.weights()), there, shared);
    }

    /// @param load fills the model's whole table
    private static OpenModel of(
            Opening how, ModelConfig shape, Tokenizer tokenizer, int trained, Consumer<List<Span>> load) {
        TensorTable table = ModelTensors.table(shape);
        Arena arena = Arena.ofShared();
        try {
            if (how.weights().isPresent()) {
                MemorySegment shared = SharedWeights.map(how.weights().get(), table.bytes(), arena);
                return new OpenModel(model(how, shape, shared, tokenizer, trained), how, arena);
            }
            MemorySegment weights = Memory.of(arena).allocate("weights", table.bytes());
            load.accept(
                    table.entries().stream()
                            .map(entry -> new Span(entry.name(), entry.shape(), entry.in(weights)))
                            .toList());
            return new OpenModel(model(how, shape, weights, tokenizer, trained), how, arena);
        } catch (RuntimeException failed) {
            arena.close();
            throw failed;
        }
    }

    private static WeightsModel model(
            Opening how, ModelConfig shape, MemorySegment weights, Tokenizer tokenizer, int trained) {
        ModelConfig scaled =
                how.ntk() > 0 && shape.ropeScaling() instanceof RopeScaling.None
                        ? new ModelConfig(
                                shape.vocabulary(),
                                shape.hidden(),
                                shape.layers(),
                                shape.heads(),
                                shape.kvHeads(),
                                shape.intermediate(),
                                shape.ropeTheta(),
                                shape.normEpsilon(),
                                new RopeScaling.Dynamic(how.ntk(), trained))
                        : shape;
        return new WeightsModel(how.name(), scaled, weights, tokenizer, how.context().orElse(trained));
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
