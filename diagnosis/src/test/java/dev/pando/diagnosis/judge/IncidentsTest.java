package dev.pando.diagnosis.judge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.diagnosis.Reason;
import dev.pando.diagnosis.Verdict;
import dev.pando.diagnosis.rule.RuleSet;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Every reason by a log of our own wording; the oracle is the label that stands above it.
final class IncidentsTest {
    private static final Diagnoser DIAGNOSER = new Diagnoser(RuleSet.standard());

    @ParameterizedTest
    @MethodSource("incidents")
    void shouldNameTheCauseAndTheAction(WrittenIncident incident) {
        Verdict verdict = DIAGNOSER.diagnose("log", incident.lines());

        assertThat(verdict.reason().label()).as(verdict.sentence()).isEqualTo(incident.reason());
        assertThat(verdict.action().label()).as(verdict.sentence()).isEqualTo(incident.action());
    }

    @ParameterizedTest
    @MethodSource("incidents")
    void shouldSayTheSameTwice(WrittenIncident incident) {
        Verdict first = DIAGNOSER.diagnose("log", incident.lines());

        Verdict second = new Diagnoser(RuleSet.standard()).diagnose("log", incident.lines());

        assertThat(second).isEqualTo(first);
    }

    @Test
    void shouldHaveAnIncidentOfEveryReason() {
        assertThat(incidents().map(WrittenIncident::reason))
                .containsAll(Arrays.stream(Reason.values()).map(Reason::label).toList());
    }

    @Test
    void shouldBlameTheRankThatDiffers() {
        List<String> lines =
                incidents()
                        .filter(incident -> incident.lines().getFirst().contains("[rank5]"))
                        .findFirst()
                        .orElseThrow()
                        .lines();

        Verdict verdict = DIAGNOSER.diagnose("log", lines);

        assertThat(verdict.node()).contains("rank 5");
        assertThat(verdict.sentence()).contains("data.py:61");
    }

    static Stream<WrittenIncident> incidents() {
        return WrittenIncident.all();
    }
}
