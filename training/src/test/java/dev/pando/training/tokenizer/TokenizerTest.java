package dev.pando.training.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class TokenizerTest {
    private static final Tokenizer TOKENIZER = Texts.trained(420);

    @Property(tries = 2000)
    void shouldGiveAnyTextBackToTheByte(@ForAll("texts") String text) {
        int[] ids = TOKENIZER.encode(text);

        assertThat(TOKENIZER.decodeBytes(ids)).isEqualTo(Texts.utf8(text));
        assertThat(TOKENIZER.decode(ids)).isEqualTo(text);
    }

    @Property(tries = 1000)
    void shouldNeverMakeASpecialTokenFromText(@ForAll("texts") String text) {
        assertThat(Arrays.stream(TOKENIZER.encode(text))).allMatch(id -> TOKENIZER.bytes(id).length > 0);
    }

    @Property(tries = 500)
    void shouldMergeTheLeftmostPairOfLowestRankFirst(@ForAll("texts") String text) {
        assertThat(TOKENIZER.encode(text)).containsExactly(mergeByTheBook(text));
    }

    @Property(tries = 300)
    void shouldNotDependOnWhatWasEncodedBefore(@ForAll("texts") String first, @ForAll("texts") String second) {
        Encoder encoder = TOKENIZER.encoder();

        collect(encoder, first);
        collect(encoder, second);

        assertThat(collect(encoder, first)).containsExactly(TOKENIZER.encode(first));
        assertThat(collect(encoder, second)).containsExactly(TOKENIZER.encode(second));
    }

    @Property(tries = 500)
    void shouldDecodeTokenByTokenWhatItDecodesAtOnce(@ForAll("texts") String text) {
        TextStream stream = TOKENIZER.stream();
        StringBuilder streamed = new StringBuilder();

        for (int id : TOKENIZER.encode(text)) {
            String piece = stream.next(id);
            assertThat(piece).doesNotContain("\ufffd".repeat(text.contains("\ufffd") ? 100 : 1));
            streamed.append(piece);
        }
        streamed.append(stream.end());

        assertThat(streamed).hasToString(text);
    }

    @Test
    void shouldShowAReplacementCharacterWhereACharacterStaysUnfinished() {
        TextStream stream = TOKENIZER.stream();
        int firstByteOfThree = SpecialTokens.FIRST_BYTE + 0xe6;

        assertThat(stream.next(firstByteOfThree)).isEmpty();
        assertThat(stream.end()).isEqualTo("\ufffd");
        assertThat(stream.next(SpecialTokens.FIRST_BYTE + 'a')).isEqualTo("a");
    }

    @Test
    void shouldMakeSpecialTokensOnlyWhenAsked() {
        String turn = "<|im_start|>user\nhello<|im_end|>\n";

        int[] ids = TOKENIZER.encodeWithSpecials(turn);

        assertThat(ids[0]).isEqualTo(TOKENIZER.special("<|im_start|>"));
        assertThat(ids).contains(TOKENIZER.special("<|im_end|>"));
        assertThat(TOKENIZER.decode(ids)).isEqualTo("user\nhello\n");
        assertThat(TOKENIZER.encode(turn)).hasSizeGreaterThan(ids.length);
    }

    @Test
    void shouldNameTheSpecialTokensItHas() {
        assertThatThrownBy(() -> TOKENIZER.special("<pad>"))
                .hasMessageContaining("no special token <pad>")
                .hasMessageContaining("<|im_start|>");
        assertThatThrownBy(() -> TOKENIZER.decode(new int[] {420})).hasMessage("no token 420 in a vocabulary of 420");
    }

    @Test
    void shouldUseFewerTokensThanBytes() {
        String text = String.join("", Texts.CORPUS);

        assertThat(TOKENIZER.encode(text)).hasSizeLessThan(Texts.utf8(text).length * 6 / 10);
    }

    @Provide
    Arbitrary<String> texts() {
        return Texts.any();
    }

    private static int[] collect(Encoder encoder, String text) {
        IntStream.Builder ids = IntStream.builder();
        byte[] bytes = Texts.utf8(text);
        encoder.encode(bytes, 0, bytes.length, ids::add);
        return ids.build().toArray();
    }

    private static int[] mergeByTheBook(String text) {
        BpeModel model = TOKENIZER.model();
        List<Integer> all = new ArrayList<>();
        byte[] bytes = Texts.utf8(text);
        model.preTokenizer()
                .split(
                        bytes,
                        0,
                        bytes.length,
                        (from, to) -> {
                            List<Integer> word = new ArrayList<>();
                            for (int i = from; i < to; i++) {
                                word.add(SpecialTokens.FIRST_BYTE + (bytes[i] & 0xff));
                            }
                            while (true) {
                                int best = Integer.MAX_VALUE;
                                int at = -1;
                                for (int i = 0; i + 1 < word.size(); i++) {
                                    long pair = PairTable.pair(word.get(i), word.get(i + 1));
                                    int rank = Arrays.stream(model.merges()).boxed().toList().indexOf(pair);
                                    if (rank >= 0 && rank < best) {
                                        best = rank;
                                        at = i;
                                    }
                                }
                                if (at < 0) {
                                    break;
                                }
                                word.set(at, model.merged()[best]);
                                word.subList(at + 1, at + 2).clear();
                            }
                            all.addAll(word);
                        });
        return all.stream().mapToInt(Integer::intValue).toArray();
    }
}
