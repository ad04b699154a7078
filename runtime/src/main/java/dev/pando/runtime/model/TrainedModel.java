package dev.pando.runtime.model;

import dev.pando.checkpoint.Checkpoints;
import dev.pando.runtime.folder.RunFolder;
import dev.pando.runtime.settings.Settings;
import dev.pando.runtime.settings.UserError;
import dev.pando.training.generation.Generator;
import dev.pando.training.generation.Sampling;
import dev.pando.training.model.ModelConfig;
import dev.pando.training.model.ModelTensors;
import dev.pando.training.ops.CpuOps;
import dev.pando.training.step.CheckpointStore.CheckpointException;
import dev.pando.training.step.CheckpointStore.Newest;
import dev.pando.training.step.CheckpointStore.Saved;
import dev.pando.training.step.TrainerState.Span;
import dev.pando.training.tensor.Memory;
import dev.pando.training.tensor.TensorTable;
import dev.pando.training.tokenizer.TextStream;
import dev.pando.training.tokenizer.Tokenizer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/// The model that a run has trained so far, to be asked for text.
///
/// Not thread-safe.
public final class TrainedModel implements AutoCloseable {
    private final Settings settings;
    private final Tokenizer tokenizer;
    private final long step;
    private final Arena arena;
    private final MemorySegment weights;
    private final CpuOps ops;

    private TrainedModel(
            Settings settings, Tokenizer tokenizer, long step, Arena arena, MemorySegment weights, CpuOps ops) {
        this.settings = settings;
        this.tokenizer = tokenizer;
        this.step = step;
        this.arena = arena;
        this.weights = weights;
        this.ops = ops;
    }

    /// Loads the newest sound checkpoint of a run, which may still go on.
    ///
    /// @param run its folder
    /// @throws UserError if there is no run, or no checkpoint in it
    public static TrainedModel open(Path run) {
        return open(run, Optional.empty());
    }

    /// Loads one checkpoint of a run.
    ///
    /// @param checkpoint its step, or its name or the beginning of it; empty: the newest that is sound
    public static TrainedModel open(Path run, Optional<String> checkpoint) {
        Settings settings = RunFolder.settings(run);
        Tokenizer tokenizer = Tokenizer.load(run);
        ModelConfig shape = settings.model().shape();
        TensorTable table = ModelTensors.table(shape);
        Arena arena = Arena.ofShared();
        try (Checkpoints checkpoints = Checkpoints.of(settings.checkpoint().place())) {
            Saved saved = checkpoint.map(which -> named(checkpoints, which)).orElseGet(() -> newest(checkpoints, run));
            MemorySegment weights = Memory.of(arena).allocate("weights", table.bytes());
            List<Span> spans =
                    table.entries().stream()
                            .map(entry -> new Span(entry.name(), entry.shape(), entry.in(weights)))
                            .toList();
            checkpoints.loadOnly(saved, spans);
            CpuOps ops = new CpuOps("generation", settings.threads());
            return new TrainedModel(settings, tokenizer, saved.step(), arena, weights, ops);
        } catch (RuntimeException failed) {
            arena.close();
            throw failed;
        }
    }

    /// Number of steps that the model was trained for.
    public long step() {
        return step;
    }

    /// The model's shape.
    public ModelConfig shape() {
        return settings.model().shape();
    }

    /// A span of the model's whole table; read only, until this is closed.
    public MemorySegment weights() {
        return weights;
    }

    public Tokenizer tokenizer() {
        return tokenizer;
    }

    /// Tokens of the rows that it was trained on.
    public int length() {
        return settings.batch().length();
    }

    /// How the run's config wants texts to be continued.
    public Settings.Sample sample() {
        return settings.sample();
    }

    /// Goes on with a text.
    ///
    /// @param prompt may be empty: then the model begins a document
    /// @param each receives the text as it comes, in small pieces
    /// @return the text, without the prompt
    public String generate(String prompt, Settings.Sample how, Consumer<String> each) {
        int[] words = tokenizer.encode(prompt);
        int[] begun = new int[words.length + 1];
        begun[0] = tokenizer.bos();
        System.arraycopy(words, 0, begun, 1, words.length);
        Sampling sampling = new Sampling(how.temperature(), how.topP(), how.seed(), List.of(tokenizer.eos()));
        StringBuilder text = new StringBuilder();
        TextStream stream = tokenizer.stream();
        try (Arena caches = Arena.ofShared()) {
            Generator generator =
                    new Generator(
                            settings.model().shape(), weights, begun.length + how.tokens(), ops, Memory.of(caches));
            generator.generate(
                    begun,
                    how.tokens(),
                    sampling,
                    token -> {
                        if (token
                                < tokenizer
                                        .vocabularySize()) { // the model may have room for more, and never saw it used
                            hear(stream.next(token), text, each);
                        }
                    });
            hear(stream.end(), text, each);
        }
        return text.toString();
    }

    @Override
    public void close() {
        ops.close();
        arena.close();
    }

    private static void hear(String piece, StringBuilder text, Consumer<String> each) {
        if (!piece.isEmpty()) {
            text.append(piece);
            each.accept(piece);
        }
    }

    private static Saved newest(Checkpoints checkpoints, Path run) {
        Newest newest = checkpoints.newest();
        return newest.saved()
                .orElseThrow(() ->
                        new UserError(
                                run
                                        + " has no checkpoint yet"
                                        + (newest.damaged().isEmpty()
                                                ? ""
                                                : " that is sound: " + String.join("; ", newest.damaged()))));
    }

    private static Saved named(Checkpoints checkpoints, String which) {
        String id = checkpoints.inspect(which).id();
        return checkpoints.list().stream()
                .filter(saved -> saved.id().equals(id))
                .findFirst()
                .orElseThrow(() -> new CheckpointException("the checkpoint " + id + " cannot be read"));
    }
}
