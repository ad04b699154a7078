package dev.pando.checkpoint.huggingface;

import com.fasterxml.jackson.databind.JsonNode;
import dev.pando.checkpoint.format.Doors;
import dev.pando.checkpoint.format.Matching;
import dev.pando.checkpoint.format.PackedRange;
import dev.pando.checkpoint.format.Safetensors;
import dev.pando.checkpoint.format.Shapes;
import dev.pando.checkpoint.format.TensorPart;
import dev.pando.checkpoint.io.Disk;
import dev.pando.checkpoint.io.LocalDisk;
import dev.pando.checkpoint.storage.StorageErrors;
import dev.pando.training.model.ModelConfig;
import dev.pando.training.step.CheckpointStore.CheckpointException;
import dev.pando.training.step.TrainerState;
import dev.pando.training.tokenizer.Tokenizer;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/// A directory as `transformers` writes it, read as an InternLM2 model: of InternLM2's own layout or of Llama's, in one
/// safetensors file or many, in float32, bfloat16 or float16.
public final class ModelDirectory {
    /// Elements that are converted at a time.
    private static final long WINDOW = 4 << 20;

    private final Path folder;
    private final ModelConfig config;
    private final ModelLayout layout;
    private final Map<String, Path> fileOf;

    private ModelDirectory(Path folder, ModelConfig config, ModelLayout layout, Map<String, Path> fileOf) {
        this.folder = folder;
        this.config = config;
        this.layout = layout;
        this.fileOf = fileOf;
    }

    /// Reads the directory's JSON files, and the headers of its tensors.
    ///
    /// @throws CheckpointException saying what is missing, or what InternLM2 is not
    public static ModelDirectory open(Path folder) {
        try {
            JsonNode json = json(folder.resolve("config.json"));
            ModelLayout layout = layout(folder, json.path("model_type").asText());
            ModelDirectory directory = new ModelDirectory(folder, config(folder, json), layout, files(folder));
            directory.checkNames();
            directory.checkFiles();
            return directory;
        } catch (IOException failed) {
            throw StorageErrors.notRead(folder.toString(), failed);
        }
    }

    private static JsonNode json(Path file) throws IOException {
        if (!Files.exists(file)) {
            throw new CheckpointException(file.getParent() + " is no model directory: it has no " + file.getFileName());
        }
        byte[] text = Files.readAllBytes(file);
        try {
            return ModelJson.parse(text);
        } catch (IOException wrong) {
            throw new CheckpointException(file + " is no JSON", wrong);
        }
    }

    private static ModelLayout layout(Path folder, String type) {
        return switch (type) {
            case "internlm2" -> ModelLayout.INTERNLM2;
            case "llama" -> ModelLayout.LLAMA;
            default ->
                    throw new CheckpointException(
                            folder + " holds a model of type '" + type + "'; internlm2 and llama can be read");
        };
    }

    private static ModelConfig config(Path folder, JsonNode json) {
        try {
            return ModelJson.model(json);
        } catch (IllegalArgumentException wrong) {
            throw new CheckpointException(folder.resolve("config.json") + " " + wrong.getMessage(), wrong);
        }
    }

    private static Map<String, Path> files(Path folder) throws IOException {
        Map<String, Path> fileOf = new LinkedHashMap<>();
        Path index = folder.resolve("model.safetensors.index.json");
        Path single = folder.resolve("model.safetensors");
        if (Files.exists(index)) {
            for (Map.Entry<String, JsonNode> entry : json(index).path("weight_map").properties()) {
                Path file = folder.resolve(entry.getValue().asText()).toAbsolutePath().normalize();
                if (!folder.toAbsolutePath().normalize().equals(file.getParent())) {
                    throw new CheckpointException(
                            index + " names a file outside of its directory: " + entry.getValue());
                }
                fileOf.put(entry.getKey(), file);
            }
        } else if (Files.exists(single)) {
            try (Disk.Input input = new LocalDisk().open(single)) {
                header(single, input).entries().forEach(entry -> fileOf.put(entry.name(), single));
            }
        } else {
            throw new CheckpointException(
                    folder
                            + " has neither model.safetensors nor model.safetensors.index.json"
                            + (Files.exists(folder.resolve("pytorch_model.bin.index.json"))
                                            || Files.exists(folder.resolve("pytorch_model.bin"))
                                    ? ": convert its pytorch_model.bin to safetensors first"
                                    : ""));
        }
        return fileOf;
    }

    private static Safetensors.Header header(Path path, Disk.Input input) throws IOException {
        try {
            return Safetensors.read(input);
        } catch (IllegalArgumentException wrong) {
            throw new CheckpointException(path + " " + wrong.getMessage(), wrong);
        }
    }

    /// Files against the names, shapes and types of their tensors.
    private void checkFiles() throws IOException {
        Map<Path, Map<String, Safetensors.Entry>> read = new LinkedHashMap<>();
        for (ModelTensor tensor : layout.tensors(config)) {
            Path file = fileOf.get(tensor.name());
            Map<String, Safetensors.Entry> entries = read.get(file);
            if (entries == null) {
                if (!Files.exists(file)) {
                    throw new CheckpointException(
                            folder + " lacks the file " + file.getFileName() + ", which its index names");
                }
                entries = entries(file);
                read.put(file, entries);
            }
            check(file, tensor, entries.get(tensor.name()));
        }
    }

    private static Map<String, Safetensors.Entry> entries(Path file) throws IOException {
        Map<String, Safetensors.Entry> entries = new LinkedHashMap<>();
        try (Disk.Input input = new LocalDisk().open(file)) {
            header(file, input).entries().forEach(entry -> entries.put(entry.name(), entry));
        }
        return entries;
    }

    /// Names of tensors against those of the model.
    private void checkNames() {
        TreeSet<String> left = new TreeSet<>(fileOf.keySet());
        left.removeIf(name -> name.endsWith(".rotary_emb.inv_freq")); // a constant that old versions stored
        for (ModelTensor tensor : layout.tensors(config)) {
            if (!left.remove(tensor.name())) {
                throw new CheckpointException(folder + " lacks tensor " + tensor.name());
            }
        }
        if (!left.isEmpty()) {
            throw new CheckpointException(
                    folder
                            + " holds tensor "
                            + left.first()
                            + Matching.andMore(left.size() - 1)
                            + ", which InternLM2 does not have");
        }
    }

    /// The model's shape.
    public ModelConfig config() {
        return config;
    }

    public ModelLayout layout() {
        return layout;
    }

    /// The tokenizer that belongs to the model, if it is there in a form that we read.
    public Optional<Path> tokenizer() {
        return Tokenizer.fileIn(folder);
    }

    /// Fills weights by their names, which are InternLM2's whatever the directory's layout.
    ///
    /// @throws CheckpointException naming a weight that the directory lacks, or has in another shape
    public void load(List<TrainerState.Span> weights) {
        loadParts(Doors.parts(weights));
    }

    /// Fills parts of weights, reading only what belongs to them.
    public void loadParts(List<TensorPart> parts) {
        Map<String, List<TensorPart>> asked = match(parts);
        Map<Path, List<ModelTensor>> tensors = new LinkedHashMap<>();
        for (ModelTensor tensor : layout.tensors(config)) {
            if (asked.containsKey(tensor.ours())) {
                tensors.computeIfAbsent(fileOf.get(tensor.name()), _ -> new ArrayList<>()).add(tensor);
            }
        }
        try (Arena arena = Arena.ofShared()) {
            MemorySegment raw = arena.allocate(WINDOW * Float.BYTES, Safetensors.ALIGNMENT);
            MemorySegment wide = arena.allocate(WINDOW * Float.BYTES, Safetensors.ALIGNMENT);
            for (Map.Entry<Path, List<ModelTensor>> file : tensors.entrySet()) {
                try (Disk.Input input = new LocalDisk().open(file.getKey())) {
                    Map<String, Safetensors.Entry> entries = entries(file.getKey());
                    for (ModelTensor tensor : file.getValue()) {
                        Safetensors.Entry entry = check(file.getKey(), tensor, entries.get(tensor.name()));
                        load(input, entry, tensor, asked.get(tensor.ours()), raw, wide);
                    }
                }
            }
        } catch (IOException failed) {
            throw StorageErrors.notRead(folder.toString(), failed);
        }
    }

    private Map<String, List<TensorPart>> match(List<TensorPart> parts) {
        Map<String, List<Long>> shapes = new LinkedHashMap<>();
        layout.tensors(config).forEach(tensor -> shapes.put(tensor.ours(), tensor.oursShape()));
        Map<String, List<TensorPart>> asked = new LinkedHashMap<>();
        for (TensorPart part : parts) {
            List<Long> shape = shapes.get(part.name());
            if (shape == null) {
                throw new CheckpointException(folder + " lacks tensor " + part.name());
            }
            if (!shape.equals(part.shape())) {
                throw new CheckpointException(
                        "tensor "
                                + part.name()
                                + " is "
                                + Shapes.spoken(shape)
                                + " in "
                                + folder
                                + " and "
                                + Shapes.spoken(part.shape())
                                + " in this model");
            }
            asked.computeIfAbsent(part.name(), _ -> new ArrayList<>()).add(part);
        }
        return asked;
    }

    private static Safetensors.Entry check(Path file, ModelTensor tensor, Safetensors.Entry entry) {
        if (entry == null) {
            throw new CheckpointException(file + " lacks tensor " + tensor.name() + ", which the index promises");
        }
        if (!entry.shape().equals(tensor.shape())) {
            throw new CheckpointException(
                    "tensor "
                            + tensor.name()
                            + " is "
                            + Shapes.spoken(entry.shape())
                            + " in "
                            + file
                            + ", where its config.json makes it "
                            + Shapes.spoken(tensor.shape()));
        }
        if (Precision.of(entry.dtype()).isEmpty()) {
            throw new CheckpointException(
                    file + " holds " + tensor.name() + " as " + entry.dtype() + "; F32, BF16 and F16 can be read");
        }
        return entry;
    }

    private static void load(
            Disk.Input input,
            Safetensors.Entry entry,
            ModelTensor tensor,
            List<TensorPart> parts,
            MemorySegment raw,
            MemorySegment wide)
            throws IOException {
        Precision precision = Precision.of(entry.dtype()).orElseThrow();
        long elements = tensor.slice().elements();
        int width = entry.dtype().bytes();
        for (long at = 0; at < elements; at += WINDOW) {
            PackedRange range = new PackedRange(tensor.slice(), at, Math.min(elements, at + WINDOW));
            List<TensorPart> takers = parts.stream().filter(part -> range.touches(part.slice())).toList();
            if (!takers.isEmpty()) {
                input.read(raw.asSlice(0, range.elements() * width).asByteBuffer(), entry.offset() + at * width);
                precision.widen(raw, wide, range.elements());
                checkNumbers(tensor, wide, range.elements());
                for (TensorPart taker : takers) {
                    range.walk(
                            taker.slice(),
                            (inRange, inPart, length) ->
                                    MemorySegment.copy(
                                            wide,
                                            inRange * Float.BYTES,
                                            taker.data(),
                                            inPart * Float.BYTES,
                                            length * Float.BYTES));
                }
            }
        }
    }

    private static void checkNumbers(ModelTensor tensor, MemorySegment values, long elements) {
        for (long i = 0; i < elements; i++) {
            float value = values.getAtIndex(ValueLayout.JAVA_FLOAT, i);
            if (!Float.isFinite(value)) {
                throw new CheckpointException("the model is damaged: its tensor " + tensor.name() + " holds " + value);
            }
        }
    }
}
