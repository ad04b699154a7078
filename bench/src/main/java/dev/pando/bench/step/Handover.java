package dev.pando.bench.step;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.pando.training.step.TrainerState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What a peer in another process needs for the same work: sizes, recipe, weights and tokens, in a temporary folder.
final class Handover implements AutoCloseable {
    private static final String SIZES = "work.json";
    private static final String WEIGHTS = "weights.f32";
    private static final String TOKENS = "tokens.i32";

    private final Path folder;

    private Handover(Path folder) {
        this.folder = folder;
    }

    /// Writes it all. Numbers are little-endian, tensors follow each other without padding.
    ///
    /// @param weights that the peer begins with
    static Handover of(Workload work, List<TrainerState.Span> weights) {
        try {
            Handover handover = new Handover(Files.createTempDirectory("pando-bench-"));
            new ObjectMapper().writeValue(handover.folder.resolve(SIZES).toFile(), sizes(work, weights));
            try (FileChannel file = handover.create(WEIGHTS)) {
                for (TrainerState.Span tensor : weights) {
                    write(file, tensor.data().asByteBuffer());
                }
            }
            try (FileChannel file = handover.create(TOKENS)) {
                write(file, tokens(work));
            }
            return handover;
        } catch (IOException failed) {
            throw new UncheckedIOException("weights and tokens for the peer could not be written", failed);
        }
    }

    Path folder() {
        return folder;
    }

    @Override
    public void close() {
        try {
            for (String file : List.of(SIZES, WEIGHTS, TOKENS)) {
                Files.deleteIfExists(folder.resolve(file));
            }
            Files.delete(folder);
        } catch (IOException failed) {
            throw new UncheckedIOException(folder + " could not be deleted", failed);
        }
    }

    private FileChannel create(String name) throws IOException {
        return FileChannel.open(folder.resolve(name), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    }

    private static Map<String, Object> sizes(Workload work, List<TrainerState.Span> weights) {
        Map<String, Object> sizes = new LinkedHashMap<>();
        sizes.put("model", work.model());
        sizes.put("rows", work.rows());
        sizes.put("length", work.length());
        sizes.put("recipe", recipe());
        sizes.put("tensors", weights.stream().map(span -> Map.of("name", span.name(), "shape", span.shape())).toList());
        return sizes;
    }

    private static Map<String, Object> recipe() {
        var recipe = PandoSide.RECIPE;
        return Map.of(
                "learningRate",
                recipe.learningRate(0),
                "beta1",
                recipe.beta1(),
                "beta2",
                recipe.beta2(),
                "epsilon",
                recipe.epsilon(),
                "weightDecay",
                recipe.weightDecay(),
                "maxGradientNorm",
                recipe.maxGradientNorm());
    }

    private static ByteBuffer tokens(Workload work) {
        FixedBatch batch = PandoSide.batch(work);
        int perRow = work.length() + 1;
        ByteBuffer tokens = ByteBuffer.allocate(work.rows() * perRow * Integer.BYTES).order(ByteOrder.nativeOrder());
        for (int row = 0; row < work.rows(); row++) {
            for (int t = 0; t < perRow; t++) {
                tokens.putInt(batch.token(work.length(), row, t));
            }
        }
        return tokens.flip();
    }

    private static void write(FileChannel file, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            file.write(bytes);
        }
    }

    static {
        if (ValueLayout.JAVA_FLOAT.order() != ByteOrder.LITTLE_ENDIAN) {
            throw new ExceptionInInitializerError("peers read little-endian numbers, and this machine has others");
        }
    }
}
