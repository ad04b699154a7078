package dev.pando.training.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A SentencePiece model means here what it means to SentencePiece, whose answers lie beside the models.
class SentencePieceTest {
    @TempDir Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"plain", "spaced"})
    void shouldEncodeAsSentencePieceDoesAndGiveTextBack(String name) throws IOException {
        Tokenizer tokenizer = Tokenizer.load(model(name, "tokenizer.model"));

        for (JsonNode model : JsonMapper.builder().build().readTree(resource("expected.json"))) {
            for (JsonNode expected :
                    model.path("model").asText().equals(name) ? model.path("cases") : model.path("none")) {
                String text = expected.path("text").asText();
                int[] ids = expected.path("ids").valueStream().mapToInt(JsonNode::asInt).toArray();

                assertThat(tokenizer.encode(text)).as(text).containsExactly(ids);
                // SentencePiece writes its own mark of a space for a space, and so cannot tell the two apart
                assertThat(tokenizer.decode(ids)).isEqualTo(text.replace('\u2581', ' '));
            }
        }
    }

    @Test
    void shouldTakeNamesAndMarksFromTheConfigBesideIt() throws IOException {
        model("plain", "tokenizer.model");
        Files.writeString(
                folder.resolve("tokenizer_config.json"),
                """
                {"eos_token": "<|im_end|>", "added_tokens_decoder": {
                    "3": {"content": "<|im_start|>", "special": true},
                    "700": {"content": "<|im_end|>", "special": true}}}\
                """);

        Tokenizer tokenizer = Tokenizer.load(folder);

        assertThat(tokenizer.vocabularySize()).isEqualTo(701);
        assertThat(tokenizer.eos()).isEqualTo(700);
        assertThat(tokenizer.bos()).isEqualTo(1);
        assertThat(tokenizer.encodeWithSpecials("<|im_start|>a<|im_end|>")).startsWith(3).endsWith(700).hasSize(3);
        assertThat(tokenizer.encode("<|im_start|>")).doesNotContain(3);
    }

    @Test
    void shouldBeFoundAgainWhereItWasSaved() throws IOException {
        Tokenizer tokenizer = Tokenizer.load(model("spaced", "tokenizer.model"));
        Path copy = folder.resolve("copy");

        tokenizer.save(copy);

        assertThat(Tokenizer.load(copy).digest()).isEqualTo(tokenizer.digest());
        assertThat(copy.resolve("tokenizer.model")).hasSameBinaryContentAs(folder.resolve("tokenizer.model"));
    }

    @Test
    void shouldRefuseWhatIsNoModelOfThatKind() throws IOException {
        byte[] sound = resource("plain.model");
        for (byte[] damaged :
                new byte[][] {
                    "fake sentencepiece model".getBytes(StandardCharsets.US_ASCII),
                    new byte[0],
                    java.util.Arrays.copyOf(sound, sound.length / 2 + 1)
                }) {
            Path file = Files.write(folder.resolve("tokenizer.model"), damaged);

            assertThatThrownBy(() -> Tokenizer.load(file))
                    .isInstanceOf(TokenizerException.class)
                    .hasMessageContaining("tokenizer.model");
        }
    }

    @Test
    void shouldSurviveAnyCutOfASoundModel() throws IOException {
        byte[] sound = resource("plain.model");
        IntStream.range(0, sound.length)
                .filter(length -> length % 37 == 0)
                .forEach(length -> {
                    try {
                        Path file = Files.write(folder.resolve("cut.model"), java.util.Arrays.copyOf(sound, length));
                        Tokenizer.load(file);
                    } catch (TokenizerException refused) {
                        assertThat(refused).hasMessageContaining("cut.model");
                    } catch (IOException e) {
                        throw new AssertionError(e);
                    }
                });
    }

    private Path model(String name, String file) throws IOException {
        return Files.write(folder.resolve(file), resource(name + ".model"));
    }

    private static byte[] resource(String name) throws IOException {
        try (InputStream in = SentencePieceTest.class.getResourceAsStream("sentencepiece/" + name)) {
            return in.readAllBytes();
        }
    }
}
