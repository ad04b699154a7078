package dev.pando.diagnosis.rule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import dev.pando.diagnosis.Action;
import dev.pando.diagnosis.DiagnosisException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The rules of the jar keep what their own examples promise.
final class RuleSetTest {
    private static final RuleSet RULES = RuleSet.standard();

    static Stream<Rule> rules() {
        return RULES.rules().stream();
    }

    @ParameterizedTest
    @MethodSource("rules")
    void shouldMatchItsExamplesAndNoOther(Rule rule) {
        assertThat(rule.positives()).isNotEmpty().allSatisfy(text -> assertThat(rule.matches(text)).as(text).isTrue());
        assertThat(rule.negatives()).isNotEmpty().allSatisfy(text -> assertThat(rule.matches(text)).as(text).isFalse());
    }

    @ParameterizedTest
    @MethodSource("rules")
    void shouldBeFoundByItsTexts(Rule rule) {
        Matches matches = new Matches(RULES.rules());

        assertThat(rule.positives())
                .allSatisfy(text ->
                        assertThat(matches.of(text.lines().toList().getLast(), text.lines().toList()))
                                .extracting(Matches.Match::rule)
                                .contains(rule));
    }

    @Test
    void shouldLetAFileChangeOneKeyOfARule() {
        RuleSet changed = RULES.with(ConfigFactory.parseString("rules.disk-full.action = cordon_node"));

        assertThat(changed.rules())
                .filteredOn(rule -> rule.id().equals("disk-full"))
                .singleElement()
                .satisfies(rule -> assertThat(rule.action()).isEqualTo(Action.CORDON_NODE))
                .satisfies(rule -> assertThat(rule.positives()).isNotEmpty());
        assertThat(changed.version()).isNotEqualTo(RULES.version());
    }

    @Test
    void shouldTurnARuleOff() {
        RuleSet fewer = RULES.with(ConfigFactory.parseString("rules.disk-full.enabled = false"));

        assertThat(fewer.rules()).hasSize(RULES.rules().size() - 1);
    }

    @Test
    void shouldRefuseWhatItDoesNotKnowBySayingWhatThereIs() {
        List<String> mistakes =
                List.of(
                        "rules.disk-full.reason = Full Disk",
                        "rules.disk-full.action = pray",
                        "rules.disk-full.level = top",
                        "rules.disk-full.pattern = \"(?=x)\"");

        assertThat(mistakes)
                .allSatisfy(mistake ->
                        assertThatThrownBy(() -> RULES.with(ConfigFactory.parseString(mistake)))
                                .isInstanceOf(DiagnosisException.class)
                                .hasMessageContaining("disk-full"));
    }
}
