package dev.pando.training.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenizerJsonTest {
    @TempDir Path folder;

    @Test
    void shouldReadBackWhatItWrote() {
        Tokenizer tokenizer = Texts.trained(420);
        tokenizer.save(folder.resolve("made/on/the/way"));

        Tokenizer back = Tokenizer.load(folder.resolve("made/on/the/way"));

        assertThat(back.digest()).isEqualTo(tokenizer.digest());
        assertThat(back.specials()).isEqualTo(tokenizer.specials());
        for (String text : Texts.CORPUS) {
            assertThat(back.encode(text)).containsExactly(tokenizer.encode(text));
        }
    }

    @Test
    void shouldWriteTheSameBytesForTheSameTokenizer() throws IOException {
        Texts.trained(420).save(folder.resolve("a"));
        Texts.trained(420).save(folder.resolve("b"));

        for (String file : new String[] {"tokenizer.json", "tokenizer_config.json"}) {
            assertThat(folder.resolve("a").resolve(file)).hasSameBinaryContentAs(folder.resolve("b").resolve(file));
        }
    }

    @Test
    void shouldTellTokenizersApartByTheirDigest() {
        assertThat(Texts.trained(420).digest()).isNotEqualTo(Texts.trained(421).digest());
    }

    @Test
    void shouldReadATokenizerOfGpt2Kind() throws IOException {
        Path file =
                write(
                        """
                        {"added_tokens": [{"id": 258, "content": "<|endoftext|>", "special": true}],
                         "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false},
                         "model": {"type": "BPE", "vocab": {%s, "hi": 256, "Ġhi": 257}, "merges": [["h", "i"], "Ġ hi"]}}
                        """
                                .formatted(bytes()));
        Files.writeString(folder.resolve("tokenizer_config.json"), "{\"eos_token\": {\"content\": \"<|endoftext|>\"}}");

        Tokenizer tokenizer = Tokenizer.load(file);

        assertThat(tokenizer.encode("hi hi")).containsExactly(256, 257);
        assertThat(tokenizer.eos()).isEqualTo(258).isEqualTo(tokenizer.bos());
        String text = "I'll say 'hi' 1,000 times\n\n\tहिन्दी";
        assertThat(tokenizer.decode(tokenizer.encode(text))).isEqualTo(text);
    }

    @Test
    void shouldSayWhatIsWrongWithAFileThatIsNoTokenizer() throws IOException {
        assertThatThrownBy(() -> Tokenizer.load(folder.resolve("nowhere.json")))
                .isInstanceOf(TokenizerException.class)
                .hasMessage(
                        "there is no tokenizer at "
                                + folder.resolve("nowhere.json")
                                + ": name a Hugging Face"
                                + " tokenizer.json, or leave tokenizer.file empty to train one");
        assertRefused(
                "{'model': {'type': 'BPE', 'vocab': {'a'", "is not a tokenizer: it is damaged or not JSON (line 1)");
        assertRefused("[]", "is not a tokenizer: it holds no JSON object");
        assertRefused("{'model': {'type': 'WordPiece', 'vocab': {}}}", "is not of the kind BPE");
        String none = "'model': {'vocab': {}, 'merges': []}}";
        assertRefused("{'normalizer': {'type': 'NFC'}, " + none, "changes text before encoding");
        assertRefused("{'pre_tokenizer': {'type': 'Metaspace'}, " + none, "Metaspace");
        assertRefused(
                "{'model': {'byte_fallback': true, 'vocab': {}, 'merges': []}}",
                "is a SentencePiece tokenizer (byte_fallback)");
        String start = "{'pre_tokenizer': {'type': 'ByteLevel'}, 'model': {'vocab': ";
        assertRefused(start + "{'森': 0}, 'merges': []}}", "is not byte-level: it has a token 森");
        assertRefused(start + "{'a': 0}, 'merges': ['a b']}}", "merges tokens that it does not have: a b");
        assertRefused(start + "{'a': 0, 'b': 0}, 'merges': []}}", "gives two tokens one id");
        assertRefused(start + "{'a': 0}, 'merges': []}}", "does not say which token ends a text");
        assertRefused(
                start + "{'a': 0}, 'merges': []}, 'added_tokens': [{'id': 1, 'content': '</s>'}]}",
                "no token for the byte 0");
    }

    @Test
    void shouldSayThatItCannotWrite() throws IOException {
        Path file = Files.writeString(folder.resolve("a-file"), "");

        assertThatThrownBy(() -> Texts.trained(300).save(file))
                .isInstanceOf(TokenizerException.class)
                .hasMessageStartingWith("cannot write the tokenizer into " + file);
    }

    private void assertRefused(String content, String why) throws IOException {
        Path file = write(content.replace('\'', '"'));
        assertThatThrownBy(() -> Tokenizer.load(file)).isInstanceOf(TokenizerException.class).hasMessageContaining(why);
    }

    private Path write(String content) throws IOException {
        return Files.writeString(folder.resolve("tokenizer.json"), content);
    }

    private static String bytes() {
        StringBuilder entries = new StringBuilder();
        for (int b = 0; b < 256; b++) {
            String spelling = ByteAlphabet.spell(new byte[] {(byte) b}).replace("\\", "\\\\").replace("\"", "\\\"");
            entries.append(b == 0 ? "" : ", ").append('"').append(spelling).append("\": ").append(b);
        }
        return entries.toString();
    }
}
