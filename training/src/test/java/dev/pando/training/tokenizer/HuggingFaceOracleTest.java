package dev.pando.training.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Map;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/// Our files mean to Hugging Face's own library what they mean to us.
class HuggingFaceOracleTest {
    private static final Tokenizer OURS = Texts.trained(420);
    private static Path folder;
    private static HuggingFaceTokenizer theirs;

    /// Their library makes special tokens of text that names them; without these entries it does not.
    private static HuggingFaceTokenizer theirsWithoutSpecials;

    @BeforeContainer
    static void readOurFile() throws IOException {
        folder = Files.createTempDirectory("pando-oracle");
        // it would report its use, and on a machine with a GPU fetch another build of itself
        System.setProperty("OPT_OUT_TRACKING", "true");
        System.setProperty("ai.djl.offline", "true");
        System.setProperty("RUST_FLAVOR", "cpu");
        System.setProperty("DJL_CACHE_DIR", folder.toString());
        OURS.save(folder);
        theirs = HuggingFaceTokenizer.newInstance(folder.resolve("tokenizer.json"), Map.of("truncation", "false"));
        JsonMapper json = JsonMapper.builder().build();
        ObjectNode tree = (ObjectNode) json.readTree(folder.resolve("tokenizer.json").toFile());
        tree.putArray("added_tokens");
        tree.putNull("post_processor");
        Path bare = Files.createDirectory(folder.resolve("bare")).resolve("tokenizer.json");
        json.writeValue(bare.toFile(), tree);
        theirsWithoutSpecials = HuggingFaceTokenizer.newInstance(bare, Map.of("truncation", "false"));
    }

    @AfterContainer
    static void close() throws IOException {
        theirs.close();
        theirsWithoutSpecials.close();
        try (var files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    @Property(tries = 500)
    void shouldEncodeTextAsTheirLibraryDoes(@ForAll("texts") String text) {
        long[] ids = theirsWithoutSpecials.encode(text, false, false).getIds();

        assertThat(OURS.encode(text)).containsExactly(ints(ids));
        assertThat(theirs.decode(longs(OURS.encode(text)), true)).isEqualTo(text);
    }

    @Property(tries = 200)
    void shouldEncodeSpecialTokensAsTheirLibraryDoes(@ForAll("texts") String text) {
        String turn = "<|im_start|>user\n" + text + "<|im_end|>\n</s>";

        assertThat(OURS.encodeWithSpecials(turn)).containsExactly(ints(theirs.encode(turn, false, false).getIds()));
    }

    @Property(tries = 1)
    void shouldBeginTextsWithBosInTheirLibrary() {
        assertThat(theirs.encode("stem", true, false).getIds()[0]).isEqualTo(OURS.bos());
    }

    @Provide
    Arbitrary<String> texts() {
        return Texts.old();
    }

    private static int[] ints(long[] ids) {
        return Arrays.stream(ids).mapToInt(Math::toIntExact).toArray();
    }

    private static long[] longs(int[] ids) {
        return Arrays.stream(ids).asLongStream().toArray();
    }
}
