package dev.pando.training.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Tokenizer files from elsewhere mean here what they mean to Hugging Face's own library, character by character.
class ImportedTokenizerOracleTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    @TempDir static Path folder;

    /// Characters that both sides know: their Unicode is older than Java's.
    private static List<Integer> characters;

    @BeforeAll
    static void collectCharacters() throws IOException {
        System.setProperty("OPT_OUT_TRACKING", "true");
        System.setProperty("ai.djl.offline", "true");
        System.setProperty("RUST_FLAVOR", "cpu");
        System.setProperty("DJL_CACHE_DIR", folder.toString());
        characters = new ArrayList<>();
        try (HuggingFaceTokenizer theirs = theirs(split("\\p{Cn}"))) {
            List<Integer> candidates = new ArrayList<>();
            for (int c = 1; c <= Character.MAX_CODE_POINT; c += isOneOfMany(c) ? 61 : 1) {
                int type = Character.getType(c);
                if (type != Character.UNASSIGNED && type != Character.SURROGATE && type != Character.PRIVATE_USE) {
                    candidates.add(c);
                }
            }
            for (int from = 0; from < candidates.size(); from += 512) {
                List<Integer> some = candidates.subList(from, Math.min(candidates.size(), from + 512));
                StringBuilder text = new StringBuilder();
                some.forEach(c -> text.append('a').appendCodePoint(c));
                BitSet cuts = ends(theirs, text.toString());
                int at = 0;
                for (int c : some) {
                    at++; // the letter
                    if (!cuts.get(at)) {
                        characters.add(c);
                    }
                    at += utf8(c);
                }
            }
        }
        assertThat(characters).hasSizeGreaterThan(20_000);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\\s",
                "\\S+",
                "\\d",
                "\\w",
                "\\W",
                "\\h",
                "\\H",
                "\\v",
                ".",
                "..",
                "^.",
                ".$",
                "\\b.",
                ".\\B",
                "\\A.",
                "[[:alpha:]]",
                "[[:alnum:]]+",
                "[[:digit:]]",
                "[[:space:]]+",
                "[[:upper:]]",
                "[[:lower:]]",
                "[[:blank:]]",
                "[[:cntrl:]]",
                "[[:xdigit:]]",
                "[[:word:]]",
                "[^[:alpha:]]",
                "[[:^alpha:]]",
                "\\p{L}",
                "(?<=\\p{L}).",
                "(?<!\\w)1",
                "\\P{L}",
                "\\p{^L}",
                "\\p{N}+",
                "\\p{Nd}",
                "\\p{P}",
                "\\p{S}",
                "\\p{M}",
                "\\p{Z}",
                "\\p{Lu}",
                "\\p{Letter}",
                "\\p{Alpha}",
                "\\p{Han}",
                "\\p{Hiragana}",
                "[\\p{L}\\p{M}]+",
                "[^\\r\\n\\p{L}\\p{N}]?\\p{L}+",
                "[^\\s\\d]",
                "[\\w]",
                "[^\\w]",
                "[\\W]",
                "\\p{Word}",
                "(?=1)",
                "1(?=(?: .)+)",
                "[\\S]",
                "[^\\P{L}]",
                "[a-f-]",
                "[\\x41-\\x{17f}]",
                "[\\u4e00-\\u9fa5\\u0800-\\u4e00]+",
                "(?i:'s|'t|'re|'ve|'m|'ll|'d)",
                "'(?i:[sdmt]|ll|ve|re)",
                "(?i)a|1",
                "a{,2}",
                "a{x",
                "a++",
                "(a|1)(?=1|a)",
                "'(?:[sdmt]|ll)|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
                RegexSplitter.GPT2,
                "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*"
                        + "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
            })
    void shouldCutEveryCharacterWhereTheirLibraryDoes(String pattern) throws IOException {
        assertSameCuts(split(pattern));
    }

    @Test
    void shouldCutDigitsAsTheirLibraryDoes() throws IOException {
        assertSameCuts("{\"type\": \"Digits\", \"individual_digits\": true}");
        assertSameCuts("{\"type\": \"Digits\", \"individual_digits\": false}");
    }

    @Test
    void shouldTakeLiteralPatternsAsTheyAre() throws IOException {
        for (String literal : List.of(" ", "a.", "\\d", "[a]", "'", "\n", "^", "é1")) {
            assertSameCuts(
                    "{\"type\": \"Split\", \"pattern\": {\"String\": "
                            + JSON.writeValueAsString(literal)
                            + "}, \"behavior\": \"Isolated\", \"invert\": false}");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\\R",
                "\\X",
                "\\K",
                "\\G",
                "\\Qa.\\E",
                "\\1",
                "(?m:.)",
                "(?<name>a)",
                "(?(1)a)",
                "a{2}?",
                "a{1,2}+",
                "a**",
                "[a&&b]",
                "[a[b]]",
                "[^\\W]",
                "\\p{Emoji}",
                "\\pL",
                "(?i:ss)",
                "(?i:\\w)",
                "(?i:é)",
                "\\x80",
                "[b-a]",
                "(a"
            })
    void shouldRefuseWhatItCannotTranslateExactly(String pattern) throws IOException {
        Path file = write(tree(split(pattern)), "refused");

        assertThatThrownBy(() -> Tokenizer.load(file))
                .isInstanceOf(TokenizerException.class)
                .hasMessageContaining("has a pattern that does not mean the same here");
    }

    @Test
    void shouldRefuseStepsBehindByteLevel() throws IOException {
        ObjectNode tree = tree(split("a"));
        tree.set(
                "pre_tokenizer",
                JSON.readTree(
                        """
                        {"type": "Sequence", "pretokenizers": [
                            {"type": "ByteLevel", "add_prefix_space": false, "use_regex": false},
                            {"type": "Digits", "individual_digits": true}]}\
                        """));
        Path file = write(tree, "behind");

        assertThatThrownBy(() -> Tokenizer.load(file)).hasMessageContaining("a step after ByteLevel");
    }

    @Test
    void shouldMakeAddedTokensThatAreNotSpecialAsTheirLibraryDoes() throws IOException {
        ObjectNode tree = tree("{\"type\": \"Digits\", \"individual_digits\": true}");
        tree.set(
                "added_tokens",
                JSON.readTree(
                        """
                        [{"id": 256, "content": "</s>", "special": true, "normalized": false, "single_word": false, "lstrip": false, "rstrip": false},
                         {"id": 257, "content": "  ", "special": false, "normalized": false, "single_word": false, "lstrip": false, "rstrip": false},
                         {"id": 258, "content": "    ", "special": false, "normalized": false, "single_word": false, "lstrip": false, "rstrip": false},
                         {"id": 259, "content": "wo", "special": false, "single_word": true, "normalized": false, "lstrip": false, "rstrip": false},
                         {"id": 260, "content": "left", "special": false, "lstrip": true, "normalized": false, "single_word": false, "rstrip": false},
                         {"id": 261, "content": "right", "special": false, "rstrip": true, "normalized": true, "single_word": false, "lstrip": false},
                         {"id": 262, "content": "é1", "special": false, "normalized": true, "single_word": false, "lstrip": false, "rstrip": false}]\
                        """));
        Tokenizer ours = Tokenizer.load(write(tree, "added"));
        // names of special tokens are text to us, so their library is told of another one in its place
        ((ObjectNode) tree.get("added_tokens").get(0)).put("content", "\ue000").put("special", false);

        try (HuggingFaceTokenizer theirs = open(write(tree, "added-theirs"))) {
            for (String text :
                    List.of(
                            "a  b",
                            "a   b",
                            "a    b     c",
                            "wo two wo_ wo. éwo wo",
                            "a \t left b left",
                            "right \n b right",
                            "é1é2é1",
                            "left  right    wo",
                            "",
                            " ",
                            "    ",
                            "  left    left",
                            "\u3000left right\u2028x")) {
                int[] ids =
                        Arrays.stream(theirs.encode(text, false, false).getIds()).mapToInt(Math::toIntExact).toArray();

                assertThat(ours.encode(text)).as(text).containsExactly(ids);
            }
        }
    }

    @Test
    void shouldWriteTheFilesThatItReadByteForByte() throws IOException {
        ObjectNode tree = tree(split("a.|\\h"));
        Path file = write(tree, "as-they-came");
        Files.writeString(
                file.resolveSibling("tokenizer_config.json"),
                "{\"eos_token\": \"</s>\", \"chat_template\": \"{{ x }}\"}");
        Path copy = folder.resolve("copied");

        Tokenizer.load(file).save(copy);

        for (String name : List.of("tokenizer.json", "tokenizer_config.json")) {
            assertThat(copy.resolve(name)).hasSameBinaryContentAs(file.resolveSibling(name));
        }
    }

    @Test
    void shouldAcceptANormalizerThatChangesNothing() throws IOException {
        ObjectNode tree = tree(split("a"));
        tree.set("normalizer", JSON.readTree("{\"type\": \"Sequence\", \"normalizers\": []}"));

        assertThat(Tokenizer.load(write(tree, "no-change")).encode("ab")).containsExactly('a', 'b');
    }

    private static void assertSameCuts(String step) throws IOException {
        ObjectNode tree = tree(step);
        Path file = write(tree, "cuts");
        PreTokenizer ours = TokenizerReader.read(file).preTokenizer();
        try (HuggingFaceTokenizer theirs = open(file)) {
            for (int from = 0; from < characters.size(); from += 256) {
                StringBuilder text = new StringBuilder("a1\n");
                for (int c : characters.subList(from, Math.min(characters.size(), from + 256))) {
                    text.append('a')
                            .appendCodePoint(c)
                            .append("1 ")
                            .appendCodePoint(c)
                            .append(c % 3 == 0 ? "\r\n" : " ");
                }
                BitSet expected = ends(theirs, text.toString());
                BitSet cuts = new BitSet();
                byte[] utf8 = Texts.utf8(text.toString());
                ours.split(utf8, 0, utf8.length, (start, end) -> cuts.set(end));

                if (!cuts.equals(expected)) {
                    expected.xor(cuts);
                    int at = expected.nextSetBit(0);
                    int begin = Math.max(0, at - 12);
                    assertThat(new String(utf8, begin, at - begin, java.nio.charset.StandardCharsets.UTF_8))
                            .as("%s cuts differently behind this text, in %s", step, text.codePointAt(3))
                            .isNull();
                }
            }
        }
    }

    /// Where their pre-tokens end, in bytes: in a vocabulary without merges every token is a byte.
    private static BitSet ends(HuggingFaceTokenizer tokenizer, String text) {
        Encoding encoding = tokenizer.encode(text, false, false);
        long[] words = encoding.getWordIds();
        BitSet ends = new BitSet();
        for (int i = 1; i <= words.length; i++) {
            if (i == words.length || words[i] != words[i - 1]) {
                ends.set(i);
            }
        }
        return ends;
    }

    private static String split(String pattern) throws IOException {
        return "{\"type\": \"Split\", \"pattern\": {\"Regex\": "
                + JSON.writeValueAsString(pattern)
                + "}, \"behavior\": \"Isolated\", \"invert\": false}";
    }

    private static ObjectNode tree(String step) throws IOException {
        ObjectNode tree = JSON.createObjectNode().put("version", "1.0");
        tree.set(
                "added_tokens",
                JSON.readTree(
                        "[{\"id\": 256, \"content\": \"</s>\", \"special\": true, \"single_word\": false,"
                                + " \"lstrip\": false, \"rstrip\": false, \"normalized\": false}]"));
        tree.set(
                "pre_tokenizer",
                JSON.readTree(
                        "{\"type\": \"Sequence\", \"pretokenizers\": ["
                                + step
                                + ", {\"type\": \"ByteLevel\", \"add_prefix_space\": false, \"trim_offsets\": true,"
                                + " \"use_regex\": false}]}"));
        ObjectNode model = tree.putObject("model").put("type", "BPE");
        ObjectNode vocabulary = model.putObject("vocab");
        for (int b = 0; b < 256; b++) {
            vocabulary.put(ByteAlphabet.spell(new byte[] {(byte) b}), b);
        }
        model.putArray("merges");
        return tree;
    }

    private static Path write(ObjectNode tree, String name) throws IOException {
        Path file = Files.createDirectories(folder.resolve(name)).resolve("tokenizer.json");
        JSON.writeValue(file.toFile(), tree);
        return file;
    }

    private static HuggingFaceTokenizer theirs(String step) throws IOException {
        return open(write(tree(step), "theirs"));
    }

    private static HuggingFaceTokenizer open(Path file) throws IOException {
        return HuggingFaceTokenizer.newInstance(file, Map.of("truncation", "false"));
    }

    private static boolean isOneOfMany(int c) {
        return c >= 0x3400 && c < 0x4db0
                || c >= 0x4e00 && c < 0x9f00
                || c >= 0xac00 && c < 0xd780
                || c >= 0x17000 && c < 0x18c00
                || c >= 0x20000;
    }

    private static int utf8(int c) {
        return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    }
}
