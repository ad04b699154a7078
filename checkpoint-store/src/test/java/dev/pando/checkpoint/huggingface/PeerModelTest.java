package dev.pando.checkpoint.huggingface;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.training.model.Initialization;
import dev.pando.training.model.InternLm2;
import dev.pando.training.model.Keeping;
import dev.pando.training.model.ModelConfig;
import dev.pando.training.model.ModelTensors;
import dev.pando.training.ops.CpuOps;
import dev.pando.training.step.TrainerState;
import dev.pando.training.tensor.Memory;
import dev.pando.training.tensor.TensorTable;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Models go out to another implementation and come in from it, and both sides compute the same logits.
///
/// The property `pando.peer` holds an interpreter that has PyTorch, a blank, and the folder of `internlm2_ref.py`.
class PeerModelTest {
    private static final int LENGTH = 19;
    private static final long PATIENCE_SECONDS = 120;

    /// Sums of some dozen float32 products, added in another order.
    private static final double BOUND = 1e-5;

    @TempDir Path folder;

    private String python;
    private String reference;

    @BeforeEach
    void findPeer() {
        String[] peer = System.getProperty("pando.peer", "").split(" ", 2);
        Assumptions.assumeTrue(
                peer.length == 2,
                "skipped: the property pando.peer names no interpreter with PyTorch and folder of internlm2_ref.py");
        python = peer[0];
        reference = peer[1];
    }

    private void ask(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(python, "src/test/python/peer.py"));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("PYTHONPATH", reference);
        Path said = folder.resolve("said");
        Process process = builder.redirectOutput(said.toFile()).start();
        try {
            assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).as("an answer of the peer").isTrue();
            assertThat(process.exitValue()).as(Files.readString(said)).isZero();
        } finally {
            process.destroyForcibly();
        }
    }

    private int[] tokens(int vocabulary) throws IOException {
        int[] tokens = new Random(3).ints(LENGTH, 0, vocabulary).toArray();
        ByteBuffer bytes = ByteBuffer.allocate(4 * LENGTH).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asIntBuffer().put(tokens);
        Files.write(folder.resolve("ids"), bytes.array());
        return tokens;
    }

    private float[] theirLogits() throws IOException {
        byte[] bytes = Files.readAllBytes(folder.resolve("logits"));
        float[] logits = new float[bytes.length / 4];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(logits);
        return logits;
    }

    private static List<TrainerState.Span> spans(ModelConfig model, MemorySegment weights) {
        TensorTable table = ModelTensors.table(model);
        return table.entries().stream()
                .map(entry -> new TrainerState.Span(entry.name(), entry.shape(), entry.in(weights)))
                .toList();
    }

    private static float[] ourLogits(ModelConfig model, MemorySegment weights, int[] tokens) {
        try (Arena arena = Arena.ofShared();
                CpuOps ops = new CpuOps("test", 1)) {
            Memory memory = Memory.of(arena);
            InternLm2 net = new InternLm2(model, 1, LENGTH, Keeping.ALL, ops, memory);
            for (int at = 0; at < LENGTH; at++) {
                net.tokens().ids().setAtIndex(ValueLayout.JAVA_INT, at, tokens[at]);
                net.tokens().documents().setAtIndex(ValueLayout.JAVA_INT, at, 0);
            }
            MemorySegment logits = memory.allocate("logits", 4L * LENGTH * model.vocabulary());
            net.logits(ModelTensors.of(ModelTensors.table(model), model, weights), logits);
            ops.finish();
            return logits.asSlice(0, 4L * LENGTH * model.vocabulary()).toArray(ValueLayout.JAVA_FLOAT);
        }
    }

    private static void assertClose(float[] ours, float[] theirs) {
        assertThat(ours).hasSameSizeAs(theirs);
        for (int at = 0; at < ours.length; at++) {
            assertThat((double) ours[at])
                    .as("logit " + at)
                    .isCloseTo(theirs[at], org.assertj.core.data.Offset.offset(BOUND));
        }
    }

    private static MemorySegment weights(ModelConfig model, Arena arena) {
        return Memory.of(arena).allocate("weights", ModelTensors.table(model).bytes());
    }

    @ParameterizedTest
    @CsvSource({
        "INTERNLM2, FLOAT32, 1000000",
        "INTERNLM2, FLOAT32, 9000",
        "INTERNLM2, BFLOAT16, 9000",
        "LLAMA, FLOAT32, 9000",
        "LLAMA, FLOAT16, 1000000"
    })
    void shouldComputeTheSameLogitsThereFromWhatWasExported(ModelLayout layout, Precision precision, long fileBytes)
            throws Exception {
        ModelConfig model = new ModelConfig(59, 48, 3, 6, 2, 34, 1e4, 1e-5);
        int[] tokens = tokens(model.vocabulary());
        try (Arena arena = Arena.ofShared()) {
            MemorySegment weights = weights(model, arena);
            Initialization.fill(ModelTensors.table(model), 5, weights);
            Path directory = folder.resolve("model");
            new ModelExport(model, layout, precision, fileBytes, 64, ModelTokens.INTERNLM2, List.of(), "# A model\n")
                    .write(spans(model, weights), directory);
            ModelDirectory.open(directory).load(spans(model, weights)); // rounded as it was written

            ask("logits", directory.toString(), folder.resolve("ids").toString(), folder.resolve("logits").toString());

            assertClose(ourLogits(model, weights, tokens), theirLogits());
        }
    }

    @ParameterizedTest
    @CsvSource({"internlm2, F32, 1", "internlm2, BF16, 3", "llama, F32, 3", "llama, F16, 1", "llama, BF16, 2"})
    void shouldComputeTheSameLogitsHereFromWhatWasImported(String layout, String dtype, int files) throws Exception {
        Path directory = folder.resolve("model");
        int[] tokens = tokens(61);
        ask(
                "write",
                directory.toString(),
                layout,
                dtype,
                "" + files,
                folder.resolve("ids").toString(),
                folder.resolve("logits").toString());

        ModelDirectory imported = ModelDirectory.open(directory);
        try (Arena arena = Arena.ofShared()) {
            MemorySegment weights = weights(imported.config(), arena);
            imported.load(spans(imported.config(), weights));

            assertClose(ourLogits(imported.config(), weights, tokens), theirLogits());
        }
    }
}
