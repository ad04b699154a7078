package dev.pando.training.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pando.training.tokenizer.BpeTrainer;
import dev.pando.training.tokenizer.Tokenizer;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Oracle: the texts that the test wrote, decoded from the tokens.
final class TokenFoldersTest {
    private static final List<String> EN = List.of("the lamp burned", "the ferry left, and left again");
    private static final List<String> CODE = List.of("int x = 1;", "return x;", "}");

    @TempDir private Path folder;

    private Tokenizer tokenizer;

    @BeforeEach
    void write() throws IOException {
        tokenizer = tokenizer("the lamp burned the ferry left int x return x ");
        write("tokens/a-en", tokenizer, EN);
        write("tokens/b-code", tokenizer, CODE);
    }

    @Test
    void shouldPutSeveralFoldersTogetherInTheirOrder() {
        try (PreparedData all = prepare("tokens");
                PreparedData turned = prepare("tokens/b-code", "tokens/a-en")) {
            assertThat(texts(all)).containsExactly(EN.get(0), EN.get(1), CODE.get(0), CODE.get(1), CODE.get(2));
            assertThat(texts(turned)).containsExactly(CODE.get(0), CODE.get(1), CODE.get(2), EN.get(0), EN.get(1));
            assertThat(all.digest()).isNotEqualTo(turned.digest());
            assertThat(all.statistics().documents()).isEqualTo(5);
        }
    }

    @Test
    void shouldBeFoundAgainByItsDigestWhenTheFoldersAreGone() throws IOException {
        String digest;
        List<String> before;
        try (PreparedData data = prepare("tokens")) {
            digest = data.digest();
            before = texts(data);
        }
        Files.move(folder.resolve("tokens"), folder.resolve("elsewhere"));

        try (PreparedData again = PreparedData.open(folder.resolve("prepared"), digest)) {
            assertThat(texts(again)).isEqualTo(before);
        }
    }

    @Test
    void shouldRefuseAMixtureDamageAndAnotherTokenizer() throws IOException {
        Files.writeString(folder.resolve("text.txt"), "plain text");
        write("other/c", tokenizer("completely different words, many of them many"), EN);

        assertThatThrownBy(() -> prepare("tokens", "text.txt")).hasMessageContaining("both token shards");
        assertThatThrownBy(() -> prepare("tokens", "other")).hasMessageContaining("are of different tokenizers");

        byte[] shard = Files.readAllBytes(folder.resolve("tokens/a-en/tokens-00000.bin"));
        shard[3] ^= 1;
        Files.write(folder.resolve("tokens/a-en/tokens-00000.bin"), shard);
        assertThatThrownBy(() -> prepare("tokens"))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("are damaged");
    }

    private PreparedData prepare(String... names) {
        return PreparedData.prepare(
                new DataConfig(
                        List.of(names).stream().map(name -> folder.resolve(name).toString()).toList(),
                        List.of("**"),
                        List.of(),
                        folder.resolve("prepared"),
                        Optional.empty(),
                        300),
                Progress.NONE);
    }

    private static List<String> texts(PreparedData data) {
        return IntStream.range(0, data.shards().documents()).mapToObj(document -> text(data, document)).toList();
    }

    private static String text(PreparedData data, int document) {
        int length = (int) data.shards().length(document);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment tokens = arena.allocate(ValueLayout.JAVA_INT, length);
            data.shards().copy(data.shards().start(document), length, tokens, 0);
            int[] ids = tokens.toArray(ValueLayout.JAVA_INT);
            assertThat(ids[0]).isEqualTo(data.tokenizer().bos());
            assertThat(ids[length - 1]).isEqualTo(data.tokenizer().eos());
            return data.tokenizer().decode(Arrays.copyOfRange(ids, 1, length - 1));
        }
    }

    private static Tokenizer tokenizer(String text) {
        BpeTrainer trainer = new BpeTrainer(280);
        byte[] bytes = text.repeat(5).getBytes(StandardCharsets.UTF_8);
        trainer.add(bytes, 0, bytes.length);
        return trainer.train();
    }

    private void write(String name, Tokenizer by, List<String> texts) throws IOException {
        Path target = Files.createDirectories(folder.resolve(name));
        try (TokenFolderWriter writer = new TokenFolderWriter(target, by)) {
            for (String text : texts) {
                writer.add(by.encode(text), text.getBytes(StandardCharsets.UTF_8).length);
            }
            writer.finish();
        }
    }
}
