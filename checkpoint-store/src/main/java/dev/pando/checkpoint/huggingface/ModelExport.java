package dev.pando.checkpoint.huggingface;

import dev.pando.checkpoint.format.Safetensors;
import dev.pando.checkpoint.format.Shapes;
import dev.pando.checkpoint.format.ShardPlan;
import dev.pando.checkpoint.format.Slice;
import dev.pando.checkpoint.format.TensorPart;
import dev.pando.checkpoint.io.CorruptCheckpointException;
import dev.pando.checkpoint.io.Disk;
import dev.pando.checkpoint.io.LocalDisk;
import dev.pando.checkpoint.storage.StorageErrors;
import dev.pando.training.model.ModelConfig;
import dev.pando.training.step.CheckpointStore.CheckpointException;
import dev.pando.training.step.TrainerState;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;

/// Writes weights as a directory that `transformers` loads: config, sharded safetensors with index, tokenizer, card.
///
/// The directory appears in one act, complete; memory stays at two windows whatever the model's size.
///
/// @param model its shape
/// @param layout names and cuts of its tensors
/// @param precision of its weights
/// @param fileBytes size that a file of weights does not exceed
/// @param positions for which the model was trained, `max_position_embeddings`
/// @param tokens that config.json names
/// @param tokenizer files to put beside the weights: tokenizer.json, tokenizer_config.json, …
/// @param card README.md, in Markdown
/// @param origin what the model said of itself when it came; empty for one that began here
public record ModelExport(
        ModelConfig model,
        ModelLayout layout,
        Precision precision,
        long fileBytes,
        int positions,
        ModelTokens tokens,
        List<Path> tokenizer,
        String card,
        Optional<ModelOrigin> origin) {
    /// An export of a model that began here.
    public ModelExport(
            ModelConfig model,
            ModelLayout layout,
            Precision precision,
            long fileBytes,
            int positions,
            ModelTokens tokens,
            List<Path> tokenizer,
            String card) {
        this(model, layout, precision, fileBytes, positions, tokens, tokenizer, card, Optional.empty());
    }

    /// As `transformers` cuts them.
    public static final long FILE_BYTES = 5_000_000_000L;

    private static final long WINDOW = 4 << 20;

    public ModelExport {
        tokenizer = List.copyOf(tokenizer);
        if (fileBytes < 1 || positions < 1) {
            throw new IllegalArgumentException(
                    "an export in files of " + fileBytes + " bytes, of " + positions + " positions");
        }
    }

    /// Where weights come from, part by part.
    public interface Weights {
        void read(TensorPart into) throws IOException, CorruptCheckpointException;
    }

    /// Writes weights that are at hand in memory, under InternLM2's names.
    ///
    /// @param directory that is not there yet
    /// @throws CheckpointException saying why the model was not exported
    public void write(List<TrainerState.Span> weights, Path directory) {
        Map<String, TrainerState.Span> byName = new HashMap<>();
        weights.forEach(span -> byName.put(span.name(), span));
        layout.expected(model)
                .forEach((name, shape) -> {
                    TrainerState.Span span = byName.get(name);
                    if (span == null || !span.shape().equals(shape)) {
                        throw new CheckpointException(
                                "the model was not exported to "
                                        + directory
                                        + ": tensor "
                                        + name
                                        + " is "
                                        + (span == null
                                                ? "missing"
                                                : Shapes.spoken(span.shape()) + ", not " + Shapes.spoken(shape)));
                    }
                });
        try {
            write(into -> copy(byName.get(into.name()).data(), into), directory);
        } catch (CorruptCheckpointException impossible) {
            throw new AssertionError("copying memory", impossible);
        } catch (IOException failed) {
            throw notExported(directory, failed);
        }
    }

    private static void copy(MemorySegment tensor, TensorPart into) {
        into.slice()
                .walk(
                        0,
                        Long.MAX_VALUE,
                        (at, inPart, length) ->
                                MemorySegment.copy(
                                        tensor,
                                        at * Float.BYTES,
                                        into.data(),
                                        inPart * Float.BYTES,
                                        length * Float.BYTES));
    }

    public static CheckpointException notExported(Path directory, IOException failed) {
        return new CheckpointException(
                "the model was not exported to " + directory + ": " + StorageErrors.reason(failed), failed);
    }

    public void write(Weights weights, Path directory) throws IOException, CorruptCheckpointException {
        LocalDisk disk = new LocalDisk();
        Path target = directory.toAbsolutePath().normalize();
        if (Files.exists(target)) {
            throw new FileAlreadyExistsException(directory.toString());
        }
        disk.createFolder(target.getParent());
        Path draft = target.resolveSibling("." + target.getFileName() + "-" + UUID.randomUUID());
        disk.createFolder(draft);
        try {
            writeWeights(weights, disk, draft);
            write(disk, draft.resolve("config.json"), ModelJson.config(this));
            write(
                    disk,
                    draft.resolve("generation_config.json"),
                    origin.flatMap(ModelOrigin::generation).orElseGet(() -> ModelJson.generation(tokens)));
            write(disk, draft.resolve("README.md"), card.getBytes(StandardCharsets.UTF_8));
            for (Path file : tokenizer) {
                write(disk, draft.resolve(file.getFileName()), Files.readAllBytes(file));
            }
            disk.syncFolder(draft);
            disk.move(draft, target);
            disk.syncFolder(target.getParent());
        } finally {
            remove(disk, draft);
        }
    }

    private static void remove(LocalDisk disk, Path draft) throws IOException {
        if (disk.exists(draft)) {
            for (String name : disk.list(draft)) {
                disk.delete(draft.resolve(name));
            }
            disk.delete(draft);
        }
    }

    private void writeWeights(Weights weights, LocalDisk disk, Path draft)
            throws IOException, CorruptCheckpointException {
        List<List<ModelTensor>> files = files();
        Map<String, String> fileOf = new TreeMap<>();
        long bytes = 0;
        for (int n = 0; n < files.size(); n++) {
            String name =
                    files.size() == 1
                            ? "model.safetensors"
                            : String.format(Locale.ROOT, "model-%05d-of-%05d.safetensors", n + 1, files.size());
            for (ModelTensor tensor : files.get(n)) {
                fileOf.put(tensor.name(), name);
                bytes += bytes(tensor);
            }
            writeFile(weights, disk, draft.resolve(name), files.get(n));
        }
        if (files.size() > 1) {
            write(disk, draft.resolve("model.safetensors.index.json"), ModelJson.index(bytes, fileOf));
        }
    }

    private long bytes(ModelTensor tensor) {
        return tensor.slice().elements() * precision.dtype().bytes();
    }

    private List<List<ModelTensor>> files() {
        List<List<ModelTensor>> files = new ArrayList<>();
        long open = Long.MAX_VALUE;
        for (ModelTensor tensor : layout.tensors(model)) {
            if (open > fileBytes - Math.min(fileBytes, bytes(tensor))) {
                files.add(new ArrayList<>());
                open = 0;
            }
            files.getLast().add(tensor);
            open += bytes(tensor);
        }
        return files;
    }

    private void writeFile(Weights weights, LocalDisk disk, Path file, List<ModelTensor> tensors)
            throws IOException, CorruptCheckpointException {
        List<Safetensors.Item> items =
                tensors.stream()
                        .map(tensor -> new Safetensors.Item(tensor.name(), precision.dtype(), tensor.shape()))
                        .toList();
        TreeMap<String, String> metadata = new TreeMap<>(Map.of("format", "pt"));
        try (Disk.Output out = disk.create(file);
                Arena arena = Arena.ofShared()) {
            MemorySegment wide = arena.allocate(WINDOW * Float.BYTES, Safetensors.ALIGNMENT);
            MemorySegment narrow = arena.allocate(WINDOW * Float.BYTES, Safetensors.ALIGNMENT);
            out.write(ByteBuffer.wrap(Safetensors.encode(metadata, items, false)));
            for (ModelTensor tensor : tensors) {
                for (Slice slice : ShardPlan.cut(tensor.slice(), WINDOW)) {
                    long elements = slice.elements();
                    MemorySegment window = wide.asSlice(0, elements * Float.BYTES);
                    weights.read(new TensorPart(tensor.ours(), tensor.oursShape(), slice, window));
                    long lost = precision.narrow(window, narrow, elements);
                    if (lost >= 0) {
                        throw new CheckpointException(
                                "tensor "
                                        + tensor.name()
                                        + " holds "
                                        + window.getAtIndex(ValueLayout.JAVA_FLOAT, lost)
                                        + ", which is too large for "
                                        + precision.torchName()
                                        + ": export it as "
                                        + wider());
                    }
                    out.write(narrow.asSlice(0, elements * precision.dtype().bytes()).asByteBuffer());
                }
            }
            out.sync();
        }
    }

    private String wider() {
        return precision == Precision.FLOAT16 ? "bfloat16 or float32" : "float32";
    }

    private static void write(LocalDisk disk, Path file, byte[] text) throws IOException {
        try (Disk.Output out = disk.create(file)) {
            out.write(ByteBuffer.wrap(text));
            out.sync();
        }
    }
}
