package dev.pando.data.rules;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pando.data.document.PipelineException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Oracle: the published definitions, counted by hand on small texts.
final class FilterTest {
    private static final String PROSE =
            """
            The mill at the end of the valley has been turning since before the railway came to this part of the country.
            Its owner, who is the fourth of her family to run it, says that the stones have to be dressed every autumn.
            People come from the villages with their own rye, and they wait with a cup of coffee while it is ground.
            In the last ten years more of them have come than before, because bread from the shop has become so dull.
            She does not want to sell the place, although two companies with good money have asked her to do that.
            """;

    private final Filter filter = new Filter(RuleBook.standard());

    @Test
    void shouldKeepOrdinaryProse() {
        assertThat(filter.reason(PROSE)).isEmpty();
    }

    @Test
    void shouldNameTheRuleItsValueAndTheLimit() {
        assertThat(filter.reason(PROSE.replace("coffee", "{coffee}")))
                .contains(new Filter.Reason("c4.curly-bracket", 1, 0));
        assertThat(filter.reason(PROSE.lines().findFirst().orElseThrow()))
                .contains(new Filter.Reason("c4.sentences", 1, 5));
    }

    @Test
    void shouldCountAsPublished() {
        assertThat(value("a b c d a b c d", "gopher-repetition.top-2-gram")).isEqualTo(3.0 * 2 / 15);
        assertThat(value("x\n\nx\n\ny", "gopher-repetition.paragraphs-again")).isEqualTo(1.0 / 3);
        assertThat(value("one two... three #", "gopher-quality.hashes-per-word")).isEqualTo(1.0 / 5);
        assertThat(value("- a\n• b\nc\nd", "gopher-quality.bullet-lines")).isEqualTo(0.5);
        assertThat(value("One.\ntwo", "fineweb.lines-with-punctuation")).isEqualTo(0.5);
        assertThat(value("a b c d e a b c d e", "gopher-repetition.again-5-gram")).isEqualTo(5.0 / 19);
        assertThat(value("don't, he said", "gopher-quality.words")).isEqualTo(3);
    }

    @Test
    void shouldNotCountWordsWhereNoneAreSeparated() {
        String chinese = "山谷尽头的磨坊在铁路通到这里之前就一直在转动。".repeat(1) + "磨坊主人说，石磨每年秋天都要重新打磨一次。村民们带来自己的黑麦，一边喝咖啡一边等候。";

        assertThat(filter.reason(chinese)).isEmpty();
        assertThat(filter.values(chinese).path("values").has("gopher-quality.words")).isFalse();
    }

    @Test
    void shouldTakeLimitsFromAFile(@TempDir Path folder) throws IOException {
        Path rules = folder.resolve("rules.conf");
        Files.writeString(rules, "pando.data.rules { c4.enabled = false, gopher-quality.words.least = 500 }");

        assertThat(new Filter(RuleBook.of(rules)).reason(PROSE.replace("coffee", "{coffee}")))
                .hasValueSatisfying(reason -> assertThat(reason.rule()).isEqualTo("gopher-quality.words"));
    }

    @Test
    void shouldNameARuleThatThereIsNot(@TempDir Path folder) throws IOException {
        Path rules = folder.resolve("rules.conf");
        Files.writeString(rules, "pando.data.rules.c4.sentence { least = 3 }");

        assertThatThrownBy(() -> RuleBook.of(rules))
                .isInstanceOf(PipelineException.class)
                .hasMessageContaining("rules.conf: 1")
                .hasMessageContaining("c4.sentence;");
    }

    private double value(String text, String rule) {
        return filter.values(text).path("values").path(rule).asDouble(Double.NaN);
    }
}
