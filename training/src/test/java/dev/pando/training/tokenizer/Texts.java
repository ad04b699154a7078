package dev.pando.training.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/// Text for tests: a small corpus of prose and code, and strings that are made to break a tokenizer.
final class Texts {
    static final List<String> CORPUS =
            List.of(
                    """
                    An aspen grove looks like a forest and is one tree: every stem grows from one root.
                    Cut a stem and the grove goes on; that's what it's for. The stems don't know of each other.
                    Ένα δάσος που είναι ένα δέντρο. 一片森林，一个根。 森林森林森林。 नमस्ते दुनिया, नमस्ते! Ça va? Straße, Straße.
                    """,
                    """
                    public record Grove(int stems, long root) {
                        public Grove {
                            if (stems < 1) {
                                throw new IllegalArgumentException("a grove has at least 1 stem, not " + stems);
                            }
                        }

                    	/* tabs, and numbers: 1024, 3.14e-10, 0x7fff */
                        public static Grove of(int stems) { return new Grove(stems, 0L); }
                    }
                    """,
                    "def grow(stems):\r\n    return ['stem', \"root\"] * stems  # don't cut 'em\r\n\r\n\r\n",
                    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa abababababababababab bababababa\n");

    private static final List<String> NASTY =
            List.of(
                    " ",
                    "  ",
                    "\n",
                    "\r\n",
                    "\t",
                    "\u00a0",
                    "\u0085",
                    "\u2028",
                    "\u3000",
                    "\u200b",
                    "\ufeff",
                    "\0",
                    "'",
                    "'s",
                    "'S",
                    "'ll",
                    "'LL",
                    "'re",
                    "'v",
                    "'string'",
                    "\u017f",
                    "'\u017f",
                    "a",
                    "e\u0301",
                    "\u0301",
                    "é",
                    "1",
                    "²",
                    "Ⅷ",
                    "٣",
                    "森",
                    "林",
                    "न",
                    "म्",
                    "👍🏽",
                    "👩‍👩‍👧",
                    "🇫🇷",
                    "_",
                    "==",
                    "//",
                    "\u0000",
                    "\ud83d\ude00",
                    "<s>",
                    "</s>",
                    "<unk>",
                    "<|im_start|>",
                    "<|im_end|>",
                    "[UNUSED_TOKEN_0]",
                    "<|plugin|>",
                    "stem",
                    " stem",
                    "Grove");

    private Texts() {}

    static Tokenizer trained(int vocabulary) {
        BpeTrainer trainer = new BpeTrainer(vocabulary);
        for (String text : CORPUS) {
            byte[] bytes = utf8(text);
            trainer.add(bytes, 0, bytes.length);
        }
        return trainer.train();
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /// Any text: every character that UTF-8 can hold, and pieces that tokenizers trip over.
    static Arbitrary<String> any() {
        Arbitrary<String> character =
                Arbitraries.integers()
                        .between(0, 0x10ffff)
                        .filter(c -> c < 0xd800 || c > 0xdfff)
                        .map(Character::toString);
        Arbitrary<String> plain = Arbitraries.strings().withCharRange(' ', '~').ofMaxLength(12);
        return Arbitraries.oneOf(character, Arbitraries.of(NASTY), plain)
                .list()
                .ofMaxSize(30)
                .map(pieces -> String.join("", pieces));
    }

    /// Text of the characters that Unicode had long ago, for comparing with libraries that know an older Unicode.
    static Arbitrary<String> old() {
        Arbitrary<String> piece =
                Arbitraries.oneOf(
                        Arbitraries.of(NASTY),
                        Arbitraries.strings().withCharRange(' ', '~').ofMaxLength(12),
                        Arbitraries.strings().withCharRange('\u00a0', '\u024f').ofMaxLength(4),
                        Arbitraries.strings().withCharRange('\u0391', '\u03a1').ofMaxLength(4),
                        Arbitraries.strings().withCharRange('\u4e00', '\u9fa5').ofMaxLength(4),
                        Arbitraries.strings().withCharRange('\uac00', '\ud7a3').ofMaxLength(4));
        return Combinators.combine(piece.list().ofMaxSize(20), Arbitraries.of(CORPUS))
                .as((pieces, text) -> String.join("", pieces) + text.substring(0, pieces.size() * 2));
    }
}
