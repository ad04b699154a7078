package dev.pando.checkpoint.huggingface;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pando.checkpoint.Checkpoints;
import dev.pando.checkpoint.States;
import dev.pando.checkpoint.format.CheckpointSettings;
import dev.pando.checkpoint.format.Safetensors;
import dev.pando.checkpoint.format.Shapes;
import dev.pando.checkpoint.io.Disk;
import dev.pando.checkpoint.io.LocalDisk;
import dev.pando.training.model.ModelConfig;
import dev.pando.training.step.CheckpointStore.CheckpointException;
import dev.pando.training.step.CheckpointStore.Saved;
import dev.pando.training.step.TrainerState;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Models out to directories of either layout, and back to the same bits.
class ModelDirectoryTest {
    /// r = 3 query heads for each of 2 key heads, d = 4.
    private static final ModelConfig MODEL = new ModelConfig(29, 24, 2, 6, 2, 10, 1e6, 1e-5);

    @TempDir Path folder;

    private static List<TrainerState.Span> zeros() {
        List<TrainerState.Span> spans = new ArrayList<>();
        ModelLayout.INTERNLM2
                .expected(MODEL)
                .forEach((name, shape) ->
                        spans.add(
                                new TrainerState.Span(
                                        name,
                                        shape,
                                        Arena.ofAuto().allocate(Shapes.elements(shape) * Float.BYTES, 64))));
        return spans;
    }

    /// Numbers that the precision can hold.
    private static List<TrainerState.Span> weights(Precision precision) {
        List<TrainerState.Span> spans = zeros();
        Random random = new Random(3);
        for (TrainerState.Span span : spans) {
            for (long at = 0; at < span.data().byteSize(); at += Float.BYTES) {
                float value = (float) random.nextGaussian();
                span.data()
                        .set(
                                ValueLayout.JAVA_FLOAT,
                                at,
                                switch (precision) {
                                    case FLOAT32 -> value;
                                    case BFLOAT16 -> Float.intBitsToFloat(Precision.bfloat16(value) << 16);
                                    case FLOAT16 -> Float.float16ToFloat(Float.floatToFloat16(value));
                                });
            }
        }
        return spans;
    }

    private static ModelExport export(ModelLayout layout, Precision precision, long fileBytes) {
        return new ModelExport(
                MODEL, layout, precision, fileBytes, 64, ModelTokens.INTERNLM2, List.of(), "# A model\n");
    }

    private static void assertSame(List<TrainerState.Span> actual, List<TrainerState.Span> expected) {
        States.assertSame(
                new TrainerState(0, States.history(0), actual), new TrainerState(0, States.history(0), expected));
    }

    @ParameterizedTest
    @CsvSource({
        "INTERNLM2, FLOAT32, 1000000",
        "INTERNLM2, FLOAT32, 1500",
        "INTERNLM2, BFLOAT16, 1500",
        "INTERNLM2, FLOAT16, 1500",
        "LLAMA, FLOAT32, 1500",
        "LLAMA, BFLOAT16, 1000000",
        "LLAMA, FLOAT16, 1500"
    })
    void shouldGiveBackEveryBit(ModelLayout layout, Precision precision, long fileBytes) {
        List<TrainerState.Span> weights = weights(precision);
        export(layout, precision, fileBytes).write(weights, folder.resolve("model"));

        ModelDirectory directory = ModelDirectory.open(folder.resolve("model"));
        List<TrainerState.Span> read = zeros();
        directory.load(read);

        assertThat(directory.config()).isEqualTo(MODEL);
        assertThat(directory.layout()).isEqualTo(layout);
        assertSame(read, weights);
    }

    @Test
    void shouldGoFromCheckpointToDirectoryToCheckpoint() throws IOException {
        List<TrainerState.Span> weights = weights(Precision.FLOAT32);
        CheckpointSettings settings = new CheckpointSettings(3, 2048, 256, 1, 0);
        try (Checkpoints from = Checkpoints.in(folder.resolve("a"), "a", settings);
                Checkpoints to = Checkpoints.in(folder.resolve("b"), "b", settings)) {
            from.save(new TrainerState(9, States.history(9), weights), Map.of());
            from.exportModel("newest", export(ModelLayout.LLAMA, Precision.FLOAT32, 1500), folder.resolve("model"));

            Saved imported = to.importModel(ModelDirectory.open(folder.resolve("model")), Map.of("from", "model"));

            List<TrainerState.Span> read = zeros();
            to.load(imported, read);
            assertSame(read, weights);
            assertThat(imported.step()).isZero();
            try (Stream<Path> left = Files.list(folder.resolve("b"))) {
                assertThat(left).hasSize(1);
            }
        }
    }

    @Test
    void shouldSplitTheFusedRowsAsTheReportSays() {
        List<TrainerState.Span> weights = weights(Precision.FLOAT32);
        export(ModelLayout.LLAMA, Precision.FLOAT32, 1_000_000).write(weights, folder.resolve("model"));
        TrainerState.Span fused =
                weights.stream()
                        .filter(span -> span.name().equals("model.layers.1.attention.wqkv.weight"))
                        .findFirst()
                        .orElseThrow();
        int d = MODEL.headSize();
        int r = MODEL.heads() / MODEL.kvHeads();

        for (int group = 0; group < MODEL.kvHeads(); group++) {
            for (int slot = 0; slot < r + 2; slot++) {
                String name = slot < r ? "q_proj" : slot == r ? "k_proj" : "v_proj";
                int head = slot < r ? group * r + slot : group;
                for (int lane = 0; lane < d; lane++) {
                    int row = (group * (r + 2) + slot) * d + lane;
                    assertThat(row("model.layers.1.self_attn." + name + ".weight", head * d + lane))
                            .isEqualTo(
                                    fused.data()
                                            .asSlice(
                                                    (long) row * MODEL.hidden() * Float.BYTES,
                                                    (long) MODEL.hidden() * Float.BYTES)
                                            .toArray(ValueLayout.JAVA_FLOAT));
                }
            }
        }
    }

    private float[] row(String name, int row) {
        Path file = folder.resolve("model").resolve("model.safetensors");
        try (Disk.Input input = new LocalDisk().open(file)) {
            Safetensors.Entry entry =
                    Safetensors.read(input).entries().stream()
                            .filter(each -> each.name().equals(name))
                            .findFirst()
                            .orElseThrow();
            float[] values = new float[MODEL.hidden()];
            java.nio.ByteBuffer bytes =
                    java.nio.ByteBuffer.allocate(4 * values.length).order(java.nio.ByteOrder.LITTLE_ENDIAN);
            input.read(bytes, entry.offset() + 4L * row * values.length);
            bytes.flip().asFloatBuffer().get(values);
            return values;
        } catch (IOException failed) {
            throw new AssertionError(failed);
        }
    }

    @Test
    void shouldWriteWhatTransformersExpects() throws IOException {
        Path tokenizer = Files.writeString(folder.resolve("tokenizer.json"), "{}");
        new ModelExport(
                        MODEL,
                        ModelLayout.INTERNLM2,
                        Precision.BFLOAT16,
                        1500,
                        64,
                        ModelTokens.INTERNLM2,
                        List.of(tokenizer),
                        "# A model\n")
                .write(weights(Precision.BFLOAT16), folder.resolve("model"));

        assertThat(Files.readString(folder.resolve("model/config.json")))
                .contains("\"hidden_size\" : 24", "\"num_key_value_heads\" : 2", "\"rope_theta\" : 1000000.0")
                .contains("\"torch_dtype\" : \"bfloat16\"", "\"max_position_embeddings\" : 64", "\"bias\" : false")
                .contains("\"architectures\" : [ \"InternLM2ForCausalLM\" ]", "\"rope_scaling\" : null");
        assertThat(Files.readString(folder.resolve("model/model.safetensors.index.json")))
                .contains("\"total_size\" : " + 2 * ModelLayout.INTERNLM2.bytes(MODEL) / 4)
                .contains("\"model.norm.weight\" : \"model-000");
        try (Stream<Path> files = Files.list(folder.resolve("model"))) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .contains("tokenizer.json", "generation_config.json", "README.md");
        }
        assertThat(ModelDirectory.open(folder.resolve("model")).tokenizer()).isPresent();
    }

    @Test
    void shouldRefuseNumbersThatThePrecisionCannotHold() throws IOException {
        List<TrainerState.Span> weights = weights(Precision.FLOAT16);
        weights.get(3).data().setAtIndex(ValueLayout.JAVA_FLOAT, 7, 1e5f);

        assertThatThrownBy(() ->
                        export(ModelLayout.INTERNLM2, Precision.FLOAT16, 1500).write(weights, folder.resolve("model")))
                .isInstanceOf(CheckpointException.class)
                .hasMessage(
                        "tensor model.layers.0.attention.wo.weight holds 100000.0, which is too large for float16:"
                                + " export it as bfloat16 or float32");
        try (Stream<Path> left = Files.list(folder)) {
            assertThat(left).isEmpty();
        }
    }

    @Test
    void shouldNotWriteOverAnything() throws IOException {
        Files.createDirectory(folder.resolve("model"));

        assertThatThrownBy(() ->
                        export(ModelLayout.INTERNLM2, Precision.FLOAT32, 1500)
                                .write(weights(Precision.FLOAT32), folder.resolve("model")))
                .isInstanceOf(CheckpointException.class)
                .hasMessage(
                        "the model was not exported to "
                                + folder.resolve("model")
                                + ": "
                                + folder.resolve("model")
                                + " is in the way");
    }

    private Path written() {
        Path directory = folder.resolve("model");
        export(ModelLayout.INTERNLM2, Precision.FLOAT32, 3000).write(weights(Precision.FLOAT32), directory);
        return directory;
    }

    private static void replace(Path file, String what, String by) throws IOException {
        Files.writeString(file, Files.readString(file).replace(what, by));
    }

    @Test
    void shouldSayWhatIsWrongWithADirectory() throws IOException {
        Path model = written();
        Path config = model.resolve("config.json");
        String sound = Files.readString(config);
        Map<String, String> faults =
                Map.of(
                        "\"internlm2\"", "holds a model of type 'bert'; internlm2 and llama can be read",
                        "\"bias\" : false", "config.json says bias true, which InternLM2 does not have",
                        "\"tie_word_embeddings\" : false", "says tie_word_embeddings true",
                        "\"silu\"", "says hidden_act gelu; InternLM2 has silu",
                        "\"rope_theta\" :", "config.json lacks rope_theta",
                        "\"num_hidden_layers\" : 2", "lacks tensor model.layers.2.attention_norm.weight",
                        "\"num_attention_heads\" : 6", "hidden (24) must be a multiple of heads (7)");
        Map<String, String> by =
                Map.of(
                        "\"internlm2\"", "\"bert\"",
                        "\"bias\" : false", "\"bias\" : true",
                        "\"tie_word_embeddings\" : false", "\"tie_word_embeddings\" : true",
                        "\"silu\"", "\"gelu\"",
                        "\"rope_theta\" :", "\"prefix\" :",
                        "\"num_hidden_layers\" : 2", "\"num_hidden_layers\" : 3",
                        "\"num_attention_heads\" : 6", "\"num_attention_heads\" : 7");
        for (Map.Entry<String, String> fault : faults.entrySet()) {
            replace(config, fault.getKey(), by.get(fault.getKey()));

            assertThatThrownBy(() -> ModelDirectory.open(model))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContaining(fault.getValue());
            Files.writeString(config, sound);
        }
        assertThatThrownBy(() -> ModelDirectory.open(folder))
                .isInstanceOf(CheckpointException.class)
                .hasMessage(folder + " is no model directory: it has no config.json");
    }

    @Test
    void shouldNameTheTensorThatIsMisshapenOrCutShort() throws IOException {
        Path model = written();
        replace(model.resolve("config.json"), "\"intermediate_size\" : 10", "\"intermediate_size\" : 12");

        assertThatThrownBy(() -> ModelDirectory.open(model))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("tensor model.layers.0.feed_forward.w1.weight is 10 x 24 in ")
                .hasMessageContaining("where its config.json makes it 12 x 24");
        replace(model.resolve("config.json"), "\"intermediate_size\" : 12", "\"intermediate_size\" : 10");
        TrainerState.Span wider =
                new TrainerState.Span(
                        "model.layers.0.feed_forward.w1.weight",
                        List.of(12L, 24L),
                        Arena.ofAuto().allocate(24 * 12 * 4));
        assertThatThrownBy(() -> ModelDirectory.open(model).load(List.of(wider)))
                .isInstanceOf(CheckpointException.class)
                .hasMessage(
                        "tensor model.layers.0.feed_forward.w1.weight is 10 x 24 in "
                                + model
                                + " and 12 x 24 in this model");

        Path file = model.resolve("model-00001-of-00008.safetensors");
        try (Stream<Path> files = Files.list(model)) {
            assertThat(files).contains(file);
        }
        Files.write(file, new byte[] {0}, StandardOpenOption.APPEND);
        assertThatThrownBy(() -> ModelDirectory.open(model).load(zeros()))
                .isInstanceOf(CheckpointException.class)
                .hasMessageStartingWith(file + " has ")
                .hasMessageContaining(" bytes where its header asks for ");
    }

    @Test
    void shouldTellWhereOnlyAPickleIs() throws IOException {
        Path model = written();
        Files.delete(model.resolve("model.safetensors.index.json"));
        Files.writeString(model.resolve("pytorch_model.bin"), "");

        assertThatThrownBy(() -> ModelDirectory.open(model))
                .isInstanceOf(CheckpointException.class)
                .hasMessage(
                        model
                                + " has neither model.safetensors nor model.safetensors.index.json:"
                                + " convert its pytorch_model.bin to safetensors first");
    }

    @Test
    void shouldHaveTheParametersOfThePublishedModels() {
        assertThat(ModelLayout.INTERNLM2.bytes(new ModelConfig(92544, 2048, 24, 16, 8, 8192, 1e6, 1e-5)) / 4)
                .isEqualTo(1_889_110_016L);
        assertThat(ModelLayout.LLAMA.bytes(new ModelConfig(92544, 4096, 32, 32, 8, 14336, 1e6, 1e-5)) / 4)
                .isEqualTo(7_737_708_544L);
        assertThat(ModelLayout.LLAMA.bytes(new ModelConfig(92544, 6144, 48, 48, 8, 16384, 1e6, 1e-5)) / 4)
                .isEqualTo(19_861_149_696L);
    }
}
