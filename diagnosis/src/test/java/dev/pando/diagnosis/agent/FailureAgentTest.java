package dev.pando.diagnosis.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pando.diagnosis.Action;
import dev.pando.diagnosis.DiagnosisException;
import dev.pando.diagnosis.Reason;
import dev.pando.diagnosis.Verdict;
import dev.pando.diagnosis.rule.RuleSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Oracle: the cause that a person tells of each incident.
final class FailureAgentTest {
    private static final RuleSet RULES = RuleSet.standard();
    private static final FailureAgent.Told NODE =
            new FailureAgent.Told(
                    Optional.of(Reason.NODE_FAILURE), Optional.of(Action.CORDON_NODE), Optional.empty(), "an operator");

    @TempDir private Path folder;

    @Test
    void shouldCatchTheNextIncidentByTheRuleOfTheFirst() throws IOException {
        FailureAgent agent = agent(Knowledge.inMemory());
        Path first = log("cell 7 at rack 3: the beamline lost its lease, crash of sequencer 12");
        Path next = log("cell 9 at rack 41: the beamline lost its lease, crash of sequencer 5");
        assertThat(agent.diagnose(next).reason()).isNotEqualTo(Reason.NODE_FAILURE);

        FailureAgent.Lesson lesson = agent.learn(first, NODE);

        assertThat(lesson.why()).isEmpty();
        Verdict verdict = agent.diagnose(next);
        assertThat(verdict.reason()).isEqualTo(Reason.NODE_FAILURE);
        assertThat(verdict.action()).isEqualTo(Action.CORDON_NODE);
        assertThat(verdict.evidence().getFirst().rule()).isEqualTo(lesson.rule().orElseThrow());
        assertThat(verdict.evidence().getFirst().text()).contains("cell 9");
    }

    @Test
    void shouldAnswerByTheIncidentThatIsMostLikeTheLog() throws IOException {
        Knowledge knowledge = Knowledge.inMemory();
        knowledge.keep(incident("one", Reason.NETWORK_ERROR, "the beamline failed to seat its cassette"));
        knowledge.keep(incident("two", Reason.STORAGE_ERROR, "crash while the vault turned its shelves"));
        Path log = log("error: could not seat a cassette, as the beamline was jammed");

        Verdict verdict = agent(knowledge).diagnose(log);

        assertThat(verdict.reason()).isEqualTo(Reason.NETWORK_ERROR);
        assertThat(verdict.author()).isEqualTo("incidents");
        assertThat(verdict.sentence()).contains("incident one");
        assertThat(agent(knowledge).diagnose(log)).isEqualTo(verdict);
    }

    @Test
    void shouldLeaveTheAnswerToRulesWhereNothingIsAlike() throws IOException {
        Knowledge knowledge = Knowledge.inMemory();
        knowledge.keep(incident("one", Reason.NETWORK_ERROR, "the beamline failed to seat its cassette"));
        Path log = log("RuntimeError: CUDA error: uncorrectable ECC error encountered");

        Verdict verdict = agent(knowledge).diagnose(log);

        assertThat(verdict.reason()).isEqualTo(Reason.ECC_ERROR);
        assertThat(verdict.author()).startsWith("rules");
    }

    @Test
    void shouldWriteNoRuleForWhatRulesKnow() throws IOException {
        FailureAgent.Lesson lesson =
                agent(Knowledge.inMemory())
                        .learn(
                                log("RuntimeError: CUDA error: uncorrectable ECC error encountered"),
                                FailureAgent.Told.nothing());

        assertThat(lesson.rule()).isEmpty();
        assertThat(lesson.why()).contains("already");
    }

    @Test
    void shouldRefuseARuleThatChangesARightVerdict() {
        Incident incident = incident("one", Reason.NETWORK_ERROR, "CUDA error in the beamline");
        var writer = new RuleWriter(RULES, List.of(incident), new Vocabulary(RULES, List.of(incident)));
        var greedy = writer.write("greedy", incident, "CUDA error", "a model");

        Optional<String> refusal = new Examination(RULES, List.of(incident)).refusal("greedy", greedy, incident);

        assertThat(refusal).isPresent();
    }

    @Test
    void shouldRefuseARuleThatTakesAKeptIncidentOfAnotherCause() {
        Incident mine = incident("mine", Reason.NETWORK_ERROR, "crash: the beamline failed at its cassette");
        Incident other = incident("other", Reason.STORAGE_ERROR, "crash: the beamline failed at its vault");
        var writer = new RuleWriter(RULES, List.of(mine), new Vocabulary(RULES, List.of(mine)));
        var rule = writer.write("wide", mine, "the beamline failed", "a model");

        assertThat(new Examination(RULES, List.of(mine)).refusal("wide", rule, mine)).isEmpty();
        assertThat(new Examination(RULES, List.of(mine, other)).refusal("wide", rule, mine).orElseThrow())
                .contains("incident other");
    }

    @Test
    void shouldRefuseAPatternThatSaysTooLittleOrIsNone() {
        Incident incident = incident("one", Reason.NETWORK_ERROR, "crash of the beamline");
        var writer = new RuleWriter(RULES, List.of(incident), new Vocabulary(RULES, List.of(incident)));
        Examination examination = new Examination(RULES, List.of(incident));

        assertThat(examination.refusal("x", writer.write("x", incident, ".*", "m"), incident).orElseThrow())
                .contains("letters");
        assertThat(examination.refusal("x", writer.write("x", incident, "(unclosed", "m"), incident).orElseThrow())
                .contains("rule x");
        assertThat(examination.refusal("x", writer.write("x", incident, "(?=beamline)beam", "m"), incident))
                .isPresent();
    }

    @Test
    void shouldKeepWhatWasLearnedAndWhoWroteIt() throws IOException {
        Path place = folder.resolve("site");
        Path next = log("cell 9 at rack 41: the beamline lost its lease, crash of sequencer 5");
        agent(Knowledge.of(place)).learn(next, NODE);

        Verdict verdict =
                agent(Knowledge.of(place)).diagnose(log("cell 1: the beamline lost its lease, crash of sequencer 2"));

        assertThat(verdict.reason()).isEqualTo(Reason.NODE_FAILURE);
        assertThat(Files.readString(place.resolve("journal.jsonl")))
                .contains("\"incident\"", "\"rule entered\"", "an operator");
        assertThat(Files.readString(place.resolve("rules.conf"))).contains("an operator");
    }

    @Test
    void shouldNameTheLineOfABrokenKnowledge() throws IOException {
        Files.writeString(folder.resolve("incidents.jsonl"), "no json\n");

        assertThatThrownBy(() -> Knowledge.of(folder))
                .isInstanceOf(DiagnosisException.class)
                .hasMessageContaining("line 1");
    }

    @Test
    void shouldRefuseToLearnFromARunThatEndedWell() throws IOException {
        Path log = log("training finished");

        assertThatThrownBy(() -> agent(Knowledge.inMemory()).learn(log, FailureAgent.Told.nothing()))
                .isInstanceOf(DiagnosisException.class)
                .hasMessageContaining("--reason");
    }

    private static FailureAgent agent(Knowledge knowledge) {
        return new FailureAgent(RULES, knowledge, Optional.empty(), 1);
    }

    private static Incident incident(String id, Reason reason, String root) {
        return new Incident(
                id,
                reason,
                Action.RESTART_SAME_NODES,
                root,
                List.of("step 1 | loss: 2.1", root),
                List.of(false, true),
                "test");
    }

    private Path log(String error) throws IOException {
        List<String> lines = new ArrayList<>();
        for (int step = 1; step <= 30; step++) {
            lines.add(String.format(Locale.ROOT, "step %d | loss: %.3f | grad norm: 0.3", step, 2 + 1.0 / step));
        }
        lines.add(error);
        return Files.write(Files.createTempFile(folder, "run", ".log"), lines);
    }
}
