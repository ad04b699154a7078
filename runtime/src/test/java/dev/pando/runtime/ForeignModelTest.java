package dev.pando.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.runtime.cli.CommandLines;
import dev.pando.runtime.cli.CommandLines.Shown;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Models that came from elsewhere: taken in as they are, or refused at the door by one sentence, with nothing left.
class ForeignModelTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    @TempDir static Path shared;

    private static TinyJob tiny;
    private static Path model;

    @TempDir private Path temp;

    @BeforeAll
    static void releaseAModel() {
        tiny = new TinyJob(shared);
        model = shared.resolve("model");
        assertThat(pando("train", tiny.file("run"), "--steps", 2).exit()).isZero();
        assertThat(pando("checkpoint", "export", tiny.out("run"), model, "--layout", "llama").exit()).isZero();
    }

    @Test
    void shouldCarryOverWhatAModelSaysOfItself() throws IOException {
        Path chat =
                changed(config -> {
                    config.put("max_position_embeddings", 32_768);
                    config.putArray("eos_token_id").add(2).add(5);
                    config.putObject("rope_scaling").put("type", "dynamic").put("factor", 2.0);
                });
        Files.writeString(chat.resolve("generation_config.json"), "{\"temperature\": 0.8, \"eos_token_id\": [2, 5]}");
        Files.writeString(chat.resolve("special_tokens_map.json"), "{\"bos_token\": \"<s>\"}");
        edit(
                chat.resolve("tokenizer_config.json"),
                tokenizer -> {
                    tokenizer.put("chat_template", "{% for m in messages %}[{{m['role']}}]{% endfor %}");
                    tokenizer.put("pad_token", "<unk>");
                });

        Shown imported = pando("checkpoint", "import", temp.resolve("in"), chat);
        Shown exported = pando("checkpoint", "export", temp.resolve("in"), temp.resolve("out"), "--layout", "llama");

        assertThat(imported.err()).isEmpty();
        assertThat(exported.err()).isEmpty();
        assertThat(json(temp.resolve("out/config.json"))).isEqualTo(json(chat.resolve("config.json")));
        for (String file :
                new String[] {
                    "generation_config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"
                }) {
            assertThat(temp.resolve("out").resolve(file)).hasSameBinaryContentAs(chat.resolve(file));
        }
        assertThat(Files.readString(temp.resolve("out/README.md")))
                .contains("as they came", "not trained")
                .doesNotContain("## Training", "A base model");
    }

    @Test
    void shouldComputeTheScalingsThatItKnowsAndRefuseTheOthersByName() throws IOException {
        Path linear = changed(config -> config.putObject("rope_scaling").put("rope_type", "linear").put("factor", 4.0));
        assertThat(pando("checkpoint", "import", temp.resolve("linear"), linear).err()).isEmpty();
        assertThat(Files.readString(temp.resolve("linear/job.conf"))).contains("type=linear");

        assertRefused(
                changed(config -> config.putObject("rope_scaling").put("rope_type", "yarn").put("factor", 4.0)),
                "config.json says rope_scaling of type yarn; linear, dynamic and llama3 are supported");
        assertRefused(
                changed(config -> config.put("sliding_window", 4096)),
                "config.json says sliding_window 4096, which is not supported: it may change what the model computes");
    }

    @Test
    void shouldRefuseAModelWithoutATokenizerOrWithAnother() throws IOException {
        Path without = changed(_ -> {});
        Files.delete(without.resolve("tokenizer.json"));
        assertRefused(without, "holds a model and no tokenizer, neither tokenizer.json nor tokenizer.model");
        assertThat(pando("train", tiny.file("fresh"), "--from", without).err())
                .contains("holds a model and no tokenizer");

        Files.writeString(without.resolve("tokenizer.model"), "not SentencePiece's");
        assertRefused(without, "tokenizer.model is not a tokenizer: it is damaged, or no SentencePiece model");

        Path larger = changed(_ -> {});
        edit(
                larger.resolve("tokenizer.json"),
                tokenizer -> {
                    ObjectNode added = ((ObjectNode) tokenizer.path("added_tokens").get(0)).deepCopy();
                    ((com.fasterxml.jackson.databind.node.ArrayNode) tokenizer.get("added_tokens"))
                            .add(added.put("id", 700).put("content", "<|more|>"));
                });
        assertRefused(larger, "tokenizer.json has 701 tokens, and the model beside it room for ");
    }

    @Test
    void shouldRefuseDamagedWeightsAndLeaveNothingBehind() throws IOException {
        Path damaged = changed(_ -> {});
        Path weights = damaged.resolve("model.safetensors");
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(weights)).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putFloat(bytes.capacity() - 4, Float.NaN);
        Files.write(weights, bytes.array());

        assertRefused(damaged, "the model is damaged: its tensor ");
        assertThat(pando("checkpoint", "import", temp.resolve("refused"), model).err()).isEmpty();
    }

    @Test
    void shouldRefuseAModelWhoseFilesAreNotAllThere() throws IOException {
        Path cut = changed(_ -> {});
        ObjectNode index = JSON.createObjectNode();
        ObjectNode map = index.putObject("weight_map");
        ByteBuffer file = ByteBuffer.wrap(Files.readAllBytes(cut.resolve("model.safetensors")));
        int length = Math.toIntExact(file.order(ByteOrder.LITTLE_ENDIAN).getLong(0));
        String header = new String(file.array(), 8, length, StandardCharsets.UTF_8);
        JSON.readTree(header)
                .propertyStream()
                .forEach(tensor -> {
                    if (!tensor.getKey().startsWith("__")) {
                        map.put(tensor.getKey(), "model-00001-of-00002.safetensors");
                    }
                });
        Files.move(cut.resolve("model.safetensors"), cut.resolve("model-00001-of-00002.safetensors"));
        JSON.writeValue(cut.resolve("model.safetensors.index.json").toFile(), index);
        assertThat(pando("checkpoint", "import", temp.resolve("whole"), cut).err()).isEmpty();

        map.put("lm_head.weight", "model-00002-of-00002.safetensors");
        JSON.writeValue(cut.resolve("model.safetensors.index.json").toFile(), index);

        assertRefused(cut, "lacks the file model-00002-of-00002.safetensors, which its index names");
    }

    @Test
    void shouldTakeFreeTextAsItIs() {
        Shown option = pando("generate", tiny.out("run"), "--prompt=--tokens", "--tokens", 1);
        Shown file = pando("generate", tiny.out("run"), "--prompt", "@Override", "--tokens", 1);

        assertThat(option.err()).isEmpty();
        assertThat(option.out()).startsWith("--tokens");
        assertThat(file.out()).startsWith("@Override");
    }

    @Test
    void shouldSayWhatATextOfTwoBillionTokensWouldNeed() {
        Shown shown = pando("generate", tiny.out("run"), "--prompt", "a", "--tokens", 2_000_000_000);

        assertThat(shown.exit()).isEqualTo(2);
        assertThat(shown.err()).contains("GiB for keys and values", "ask for fewer tokens");
    }

    private void assertRefused(Path directory, String why) {
        Path run = temp.resolve("refused");

        Shown shown = pando("checkpoint", "import", run, directory);

        assertThat(shown.err()).contains(why);
        assertThat(shown.exit()).isEqualTo(1);
        assertThat(run).doesNotExist();
    }

    private Path changed(Consumer<ObjectNode> change) throws IOException {
        Path copy = Files.createTempDirectory(temp, "model");
        try (var files = Files.list(model)) {
            for (Path file : files.toList()) {
                Files.copy(file, copy.resolve(file.getFileName()));
            }
        }
        edit(copy.resolve("config.json"), change);
        return copy;
    }

    private static void edit(Path file, Consumer<ObjectNode> change) throws IOException {
        ObjectNode json = (ObjectNode) json(file);
        change.accept(json);
        JSON.writeValue(file.toFile(), json);
    }

    private static JsonNode json(Path file) throws IOException {
        return JSON.readTree(file.toFile());
    }

    private static Shown pando(Object... arguments) {
        return CommandLines.pando(arguments);
    }
}
