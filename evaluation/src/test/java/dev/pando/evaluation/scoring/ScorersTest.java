package dev.pando.evaluation.scoring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.pando.evaluation.data.Row;
import dev.pando.evaluation.data.TextOperation;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScorersTest {
    @Test
    void shouldMatchExactlyAndQuasi() {
        assertThat(score("exact", " Paris\n", "Paris")).isEqualTo(1);
        assertThat(score("exact", "paris", "Paris")).isZero();
        assertThat(score("quasi-exact", "The  Eiffel Tower!", "Rome", "eiffel tower")).isEqualTo(1);
        assertThat(score("contains", "I think it is Paris, of course.", "paris")).isEqualTo(1);
        assertThat(score("contains", "comparison", "paris")).isZero();
    }

    @Test
    void shouldGiveF1AndRougeOfWordsCountedByHand() {
        // common: cat, sat; 2 of 3 words answered, 2 of 4 expected
        assertThat(score("f1", "the cat sat down", "a cat sat on mat")).isCloseTo(2 * 2 / 7.0, within(1e-12));
        // longest common subsequence: police kill gunman is 3 long; 4 words each
        assertThat(score("rouge-l", "police kill the gunman", "police killed kill gunman"))
                .isCloseTo(0.75, within(1e-12));
        assertThat(score("f1", "北京大学", "北京")).isCloseTo(2 * 2 / 6.0, within(1e-12));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"72|72.0|1", "$1,200|1200|1", "15%|15|1", "-3|3|0", "abc|3|0", "7.|7|1", "0.3333|0.3334|0"})
    void shouldCompareNumbers(String answer, String reference, double score) {
        assertThat(score("number", answer, reference)).isEqualTo(score);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\\frac12|\\frac{1}{2}|1|1",
                "0.5|\\frac{1}{2}|1|1",
                "1/2|\\dfrac{1}{2}|1|1",
                "x = 5|5|1|1",
                "\\sqrt3|\\sqrt{3}|1|1",
                "10\\text{ cm}|10|1|1",
                "90^\\circ|90|1|1",
                "1,000|1000|1|1",
                "50\\%|50|1|1",
                ".75|0.75|1|1",
                "\\frac{3}{4}|0.75|0|1",
                "2\\sqrt{2}|\\sqrt{8}|0|1",
                "2^{10}|1024|0|1",
                "\\frac{\\pi}{2}|1.5707963267948966|0|1",
                "(1,2)|(1, 2)|1|1",
                "3|4|0|0",
                "\\text{even}|even|1|1",
                "x+1|1+x|0|0"
            })
    void shouldCompareMathematics(String answer, String reference, double alike, double value) {
        Verdict verdict = verdict("maths", answer, reference);

        assertThat(verdict.score()).as("alike").isEqualTo(alike);
        assertThat(verdict.metrics().get(MathScorer.SAME_VALUE)).as("same value").isEqualTo(value);
    }

    @Test
    void shouldGiveBleuOfACorpusCountedByHand() {
        // the cat is on the mat: 6 words; matches 5, 3, 2, 1 of 6, 5, 4, 3 n-grams; equal lengths
        Verdict one = verdict("bleu", "the cat is on a mat", "the cat is on the mat");
        Verdict two = verdict("bleu", "hello there general kenobi", "hello there general kenobi");

        double expected = Math.exp((Math.log(5 / 6.0) + Math.log(3 / 5.0) + Math.log(2 / 4.0) + Math.log(1 / 3.0)) / 4);
        assertThat(one.score()).isCloseTo(expected, within(1e-12));
        List<Long> sums = new ArrayList<>();
        for (int i = 0; i < one.counts().size(); i++) {
            sums.add(one.counts().get(i) + two.counts().get(i));
        }
        double both = Math.exp((Math.log(9 / 10.0) + Math.log(6 / 8.0) + Math.log(4 / 6.0) + Math.log(2 / 4.0)) / 4);
        assertThat(Scorers.of("bleu").together(sums).orElseThrow()).isCloseTo(both, within(1e-12));
        // 4 of 6 words: brevity e^(1 - 6/4); no 4-gram is possible to miss but one
        assertThat(score("bleu", "the cat is on", "the cat is on the mat")).isCloseTo(Math.exp(-0.5), within(1e-12));
        assertThat(score("bleu", "nothing of it at all", "the cat is on the mat")).isZero();
    }

    @Test
    void shouldSplitPunctuationAsTokenization13aDoes() {
        assertThat(score("bleu", "It costs 3.50 , right ?", "It costs 3.50, right?")).isEqualTo(1);
        assertThat(score("bleu-zh", "我 爱 北 京。", "我爱北京。")).isEqualTo(1);
    }

    @Test
    void shouldGiveChrfCountedByHand() {
        // order 1: a, b, c against a, b, d: 2 of 3; order 2: ab of ab, bc: 1 of 2; order 3: 0 of 1
        double share = (2 / 3.0 + 1 / 2.0 + 0) / 3;
        assertThat(score("chrf", "abc", "abd")).isCloseTo(5 * share * share / (4 * share + share), within(1e-12));
        assertThat(score("chrf", "a bc", "ab c")).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "The answer is (B).|B",
                "Answer: C|C",
                "答案是B。|B",
                "正确答案：C|C",
                "故选D|D",
                "Let me see. A is wrong, so the correct answer is **D**.|D",
                "B|B",
                "(A) because it is so|A",
                "\\boxed{C}|C",
                "First B, later the answer is C|C",
                "It cannot be told.|''"
            })
    void shouldFindTheOptionThatAnAnswerSettlesOn(String answer, String letter) {
        assertThat(TextOperation.of("option: ABCD").apply(answer)).isEqualTo(letter);
    }

    @Test
    void shouldWorkOnTextsAsTasksSay() {
        assertThat(TextOperation.of(List.of("until: Question:", "last-number")).apply("so 3 + 4 = 7.\nQuestion: 9"))
                .isEqualTo("7");
        assertThat(TextOperation.of("boxed").apply("thus $\\boxed{\\frac{1}{2}}$ holds")).isEqualTo("\\frac{1}{2}");
        assertThat(TextOperation.of("code").apply("Here:\n```python\nx = 1\n```\nDone")).isEqualTo("x = 1\n");
        assertThat(TextOperation.of("after: ####").apply("12\n#### 5")).isEqualTo(" 5");
        assertThatThrownBy(() -> TextOperation.of("shout")).hasMessageContaining("there are strip, lower");
    }

    private static double score(String scorer, String answer, String... references) {
        return verdict(scorer, answer, references).score();
    }

    private static Verdict verdict(String scorer, String answer, String... references) {
        Row row = new Row(JsonNodeFactory.instance.objectNode(), "test");
        return Scorers.of(scorer).score(new Answer(answer, answer, List.of(references), row));
    }
}
