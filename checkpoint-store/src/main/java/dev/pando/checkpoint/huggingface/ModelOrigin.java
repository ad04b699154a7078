package dev.pando.checkpoint.huggingface;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.training.step.CheckpointStore.CheckpointException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/// What a model from elsewhere says of itself: its `config.json` and `generation_config.json` as they came, kept in the
/// folder of the run, so that an export changes only what the run changed.
public final class ModelOrigin {
    private static final String FOLDER = "origin";
    private static final String CONFIG = "config.json";
    private static final String GENERATION = "generation_config.json";

    private final ObjectNode config;
    private final Optional<byte[]> generation;

    private ModelOrigin(ObjectNode config, Optional<byte[]> generation) {
        this.config = config;
        this.generation = generation;
    }

    /// Copies the files of a model's directory into a run's folder.
    public static void keep(Path model, Path run) {
        try {
            Path folder = Files.createDirectories(run.resolve(FOLDER));
            for (String name : List.of(CONFIG, GENERATION)) {
                if (Files.exists(model.resolve(name))) {
                    Files.copy(model.resolve(name), folder.resolve(name), StandardCopyOption.REPLACE_EXISTING);
                }
            }
        } catch (IOException failed) {
            throw new CheckpointException("cannot keep what " + model + " says of itself: " + failed, failed);
        }
    }

    /// What a run's folder keeps; empty where the run began with random weights.
    public static Optional<ModelOrigin> of(Path run) {
        Path folder = run.resolve(FOLDER);
        if (!Files.exists(folder.resolve(CONFIG))) {
            return Optional.empty();
        }
        try {
            Path generation = folder.resolve(GENERATION);
            return Optional.of(
                    new ModelOrigin(
                            (ObjectNode) ModelJson.parse(Files.readAllBytes(folder.resolve(CONFIG))),
                            Files.exists(generation) ? Optional.of(Files.readAllBytes(generation)) : Optional.empty()));
        } catch (IOException | ClassCastException failed) {
            throw new CheckpointException("cannot read " + folder + ": " + failed.getMessage(), failed);
        }
    }

    /// Tokens that end a text, by either file.
    public List<Integer> ends() {
        TreeSet<Integer> ends = new TreeSet<>();
        add(config.path("eos_token_id"), ends);
        generation.ifPresent(text -> {
            try {
                add(ModelJson.parse(text).path("eos_token_id"), ends);
            } catch (IOException failed) {
                throw new CheckpointException(GENERATION + " of the model is not JSON", failed);
            }
        });
        return List.copyOf(ends);
    }

    private static void add(JsonNode ids, TreeSet<Integer> ends) {
        if (ids.isInt()) {
            ends.add(ids.asInt());
        }
        ids.forEach(id -> ends.add(id.asInt()));
    }

    ObjectNode config() {
        return config.deepCopy();
    }

    Optional<byte[]> generation() {
        return generation;
    }
}
