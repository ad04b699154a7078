package dev.pando.runtime.model;

import com.sun.management.OperatingSystemMXBean;
import dev.pando.checkpoint.Checkpoints;
import dev.pando.checkpoint.huggingface.ModelOrigin;
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
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/// The model that a run has trained so far, to be asked for text.
///
/// Not thread-safe.
public final class TrainedModel implements AutoCloseable {
    private final Settings settings;
    private final Tokenizer tokenizer;
    private final List<Integer> ends;
    private final long step;
    private final Arena arena;
    private final MemorySegment weights;
    private final CpuOps ops;

    private TrainedModel(
            Settings settings,
            Tokenizer tokenizer,
            List<Integer> ends,
            long step,
            Arena arena,
            MemorySegment weights,
            CpuOps ops) {
        this.settings = settings;
        this.tokenizer = tokenizer;
        this.ends = ends;
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
            return new TrainedModel(settings, tokenizer, ends(run, tokenizer), saved.step(), arena, weights, ops);
        } catch (RuntimeException failed) {
            arena.close();
            throw failed;
        }
    }

    /// Tokens that end a text: the tokenizer's, and those that a model from elsewhere names besides.
    private static List<Integer> ends(Path run, Tokenizer tokenizer) {
        List<Integer> named = ModelOrigin.of(run).map(ModelOrigin::ends).orElse(List.of());
        return Stream.concat(Stream.of(tokenizer.eos()), named.stream()).distinct().toList();
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
        Sampling sampling = new Sampling(how.temperature(), how.topP(), how.seed(), ends);
        checkRoom(begun.length, how.tokens());
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

    /// Keys and values of the whole text must fit into the machine, or nothing is begun.
    private void checkRoom(int prompt, int tokens) {
        ModelConfig shape = settings.model().shape();
        double bytes = ((double) prompt + tokens) * 2 * shape.kvHeads() * shape.headSize() * shape.layers() * 4;
        double machine = ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getTotalMemorySize();
        if ((long) prompt + tokens > Integer.MAX_VALUE || bytes > machine) {
            throw new UserError(
                    String.format(
                            Locale.ROOT,
                            "%d tokens after a prompt of %d need %.0f GiB for keys and values, and this machine has"
                                    + " %.0f; ask for fewer tokens",
                            tokens,
                            prompt,
                            bytes / (1L << 30),
                            machine / (1L << 30)));
        }
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
