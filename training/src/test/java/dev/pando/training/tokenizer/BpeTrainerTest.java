package dev.pando.training.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class BpeTrainerTest {
    @Property(tries = 200)
    void shouldLearnWhatCountingAfreshAfterEachMergeLearns(@ForAll("corpora") List<String> corpus) {
        Tokenizer tokenizer = train(corpus, BpeTrainer.LEAST_VOCABULARY + 40);

        assertThat(tokens(tokenizer)).isEqualTo(learnByCountingAfresh(corpus, 40)).doesNotHaveDuplicates();
    }

    @Property(tries = 100)
    void shouldNotDependOnTheOrderOfTheTexts(@ForAll("corpora") List<String> corpus, @ForAll Random random) {
        List<String> shuffled = new ArrayList<>(corpus);
        Collections.shuffle(shuffled, random);

        assertThat(train(shuffled, 300).digest()).isEqualTo(train(corpus, 300).digest());
    }

    @Test
    void shouldFillUpWithSpareTokensWhatTheTextsDoNotTeach() {
        Tokenizer tokenizer = train(List.of("abab"), 300);

        assertThat(tokenizer.vocabularySize()).isEqualTo(300);
        assertThat(tokens(tokenizer)).containsExactly("ab");
        assertThat(tokenizer.special("[UNUSED_TOKEN_0]")).isEqualTo(260);
        assertThat(tokenizer.special("[UNUSED_TOKEN_33]")).isEqualTo(293);
    }

    @Test
    void shouldNumberSpecialTokensAsInternLm2Does() {
        Tokenizer tokenizer = Texts.trained(400);

        assertThat(tokenizer.special("<unk>")).isEqualTo(0);
        assertThat(tokenizer.bos()).isEqualTo(1).isEqualTo(tokenizer.special("<s>"));
        assertThat(tokenizer.eos()).isEqualTo(2).isEqualTo(tokenizer.special("</s>"));
        assertThat(tokenizer.special("<|plugin|>")).isEqualTo(394);
        assertThat(tokenizer.special("<|im_start|>")).isEqualTo(399);
        assertThat(tokenizer.encode("\0\u007f")).containsExactly(3, 3 + 0x7f);
    }

    @Test
    void shouldRefuseAVocabularyThatHasNoRoomForTheBytes() {
        assertThatThrownBy(() -> new BpeTrainer(264))
                .isInstanceOf(TokenizerException.class)
                .hasMessage(
                        "a vocabulary has between 265 (256 bytes and 9 special tokens) and 1048576 tokens,"
                                + " not 264");
    }

    @Test
    void shouldStandAWordWithoutEnd() {
        Tokenizer tokenizer = train(List.of("x".repeat(200_000)), 300);

        assertThat(tokenizer.decode(tokenizer.encode("x".repeat(300_001)))).isEqualTo("x".repeat(300_001));
    }

    @Provide
    Arbitrary<List<String>> corpora() {
        return Arbitraries.strings().withChars('a', 'b', 'c', ' ', '\n', 'é').ofMaxLength(40).list().ofMaxSize(6);
    }

    private static Tokenizer train(List<String> corpus, int vocabulary) {
        BpeTrainer trainer = new BpeTrainer(vocabulary);
        for (String text : corpus) {
            byte[] bytes = Texts.utf8(text);
            trainer.add(bytes, 0, bytes.length);
        }
        return trainer.train();
    }

    private static List<String> tokens(Tokenizer tokenizer) {
        BpeModel model = tokenizer.model();
        List<String> tokens = new ArrayList<>();
        for (int id = SpecialTokens.FIRST_MERGE; id < model.tokens().length - SpecialTokens.LAST.size(); id++) {
            if (tokenizer.bytes(id).length > 0) {
                tokens.add(ByteAlphabet.spell(model.tokens()[id]));
            }
        }
        return tokens;
    }

    /// The oracle: strings, a map, and no cleverness.
    private static List<String> learnByCountingAfresh(List<String> corpus, int most) {
        List<List<Integer>> words = new ArrayList<>();
        List<String> tokens = new ArrayList<>();
        for (int b = 0; b < 256; b++) {
            tokens.add(ByteAlphabet.spell(new byte[] {(byte) b}));
        }
        for (String text : corpus) {
            byte[] bytes = Texts.utf8(text);
            new WordScanner()
                    .split(
                            bytes,
                            0,
                            bytes.length,
                            (from, to) -> {
                                List<Integer> word = new ArrayList<>();
                                for (int i = from; i < to; i++) {
                                    word.add(bytes[i] & 0xff);
                                }
                                words.add(word);
                            });
        }
        while (tokens.size() < 256 + most) {
            Map<List<Integer>, Integer> counts = new HashMap<>();
            for (List<Integer> word : words) {
                for (int i = 0; i + 1 < word.size(); i++) {
                    counts.merge(List.of(word.get(i), word.get(i + 1)), 1, Integer::sum);
                }
            }
            List<Integer> best = null;
            for (var entry : counts.entrySet()) {
                if (best == null || isBefore(entry.getKey(), entry.getValue(), best, counts.get(best))) {
                    best = entry.getKey();
                }
            }
            if (best == null || counts.get(best) < 2) {
                break;
            }
            String spelling = tokens.get(best.get(0)) + tokens.get(best.get(1));
            if (!tokens.contains(spelling)) {
                tokens.add(spelling);
            }
            for (List<Integer> word : words) {
                for (int i = 0; i + 1 < word.size(); i++) {
                    if (word.get(i).equals(best.get(0)) && word.get(i + 1).equals(best.get(1))) {
                        word.set(i, tokens.indexOf(spelling));
                        word.subList(i + 1, i + 2).clear();
                    }
                }
            }
        }
        return tokens.subList(256, tokens.size());
    }

    private static boolean isBefore(List<Integer> pair, int count, List<Integer> other, int otherCount) {
        if (count != otherCount) {
            return count > otherCount;
        }
        int left = pair.get(0).compareTo(other.get(0));
        return left != 0 ? left < 0 : pair.get(1) < other.get(1);
    }
}
