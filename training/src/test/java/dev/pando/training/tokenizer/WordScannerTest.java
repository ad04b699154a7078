package dev.pando.training.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class WordScannerTest {
    private final PreTokenizer scanner = new WordScanner();
    private final PreTokenizer pattern = splitter(WordScanner.PATTERN);

    @Test
    void shouldCutProseAndCodeWhereTheirReadersDo() {
        assertThat(pieces(scanner, "it's 2024!\n\n    return x;"))
                .containsExactly("it", "'s", " ", "2", "0", "2", "4", "!\n\n", "   ", " return", " x", ";");
        assertThat(pieces(scanner, "f('string')")).containsExactly("f", "('", "string", "')");
        assertThat(pieces(scanner, "a\r\n\r\n\tb  ")).containsExactly("a", "\r\n\r\n", "\tb", "  ");
    }

    @Property(tries = 3000)
    void shouldCutWhereThePatternSays(@ForAll("texts") String text) {
        assertThat(pieces(scanner, text)).isEqualTo(pieces(pattern, text));
    }

    @Property(tries = 500)
    void shouldLoseNothingBetweenThePieces(@ForAll("texts") String text) {
        assertThat(String.join("", pieces(scanner, text))).isEqualTo(text);
        assertThat(String.join("", pieces(splitter("\\p{Nd}", "[a-z]+"), text))).isEqualTo(text);
    }

    @Provide
    Arbitrary<String> texts() {
        return Texts.any();
    }

    private static PreTokenizer splitter(String... patterns) {
        try {
            return new RegexSplitter(List.of(patterns));
        } catch (Oniguruma.Untranslatable impossible) {
            throw new AssertionError(impossible);
        }
    }

    private static List<String> pieces(PreTokenizer preTokenizer, String text) {
        byte[] bytes = Texts.utf8("--" + text + "--");
        List<String> pieces = new ArrayList<>();
        preTokenizer.split(
                bytes,
                2,
                bytes.length - 2,
                (from, to) -> pieces.add(new String(bytes, from, to - from, StandardCharsets.UTF_8)));
        return pieces;
    }
}
