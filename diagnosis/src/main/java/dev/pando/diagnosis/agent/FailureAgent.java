package dev.pando.diagnosis.agent;

import com.typesafe.config.Config;
import dev.pando.diagnosis.Action;
import dev.pando.diagnosis.DiagnosisException;
import dev.pando.diagnosis.Reason;
import dev.pando.diagnosis.Verdict;
import dev.pando.diagnosis.judge.Diagnoser;
import dev.pando.diagnosis.rule.RuleSet;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// Answers where rules are unsure, and learns a rule from what was answered.
///
/// Rules come first. Where they are unsure a model is asked, if one was given; where it is silent, or none was given,
/// the kept incidents that are most like the log answer. Without a model the same logs and the same knowledge give the
/// same answer, byte for byte. The loop is that of Acme (Hu et al., NSDI'24, section 6.1).
public final class FailureAgent {
    /// Below it rules are unsure.
    private static final double SURE = 0.6;

    private final RuleSet base;
    private final Knowledge knowledge;
    private final Optional<ChatModel> model;
    private final int samples;
    private RuleSet rules;
    private Diagnoser byRules;

    /// What learning from an incident came to.
    ///
    /// @param incident as it was kept
    /// @param rule the name of the rule that entered, if one did
    /// @param why none did: a sentence, or an empty text
    public record Lesson(Incident incident, Optional<String> rule, String why) {}

    /// What a person knows of an incident; each part may be missing.
    ///
    /// @param line of the log that names the cause
    /// @param author who says so
    public record Told(Optional<Reason> reason, Optional<Action> action, Optional<Long> line, String author) {
        /// Nothing: the agent's own answer is confirmed.
        public static Told nothing() {
            return new Told(Optional.empty(), Optional.empty(), Optional.empty(), "incidents");
        }
    }

    private record Opinion(Verdict verdict, Optional<Event> root, Optional<String> pattern) {}

    /// @param base the rules beside which the learned ones stand
    /// @param samples how often a model is asked
    public FailureAgent(RuleSet base, Knowledge knowledge, Optional<ChatModel> model, int samples) {
        if (samples < 1) {
            throw new DiagnosisException("a model must be asked at least once, not " + samples + " times");
        }
        this.base = base;
        this.knowledge = knowledge;
        this.model = model;
        this.samples = samples;
        take(knowledge.over(base));
    }

    private void take(RuleSet all) {
        rules = all;
        byRules = new Diagnoser(all);
    }

    /// The verdict of one log.
    public Verdict diagnose(Path log) {
        return opinion(log).verdict();
    }

    private Opinion opinion(Path log) {
        Verdict unsure = byRules.diagnose(log);
        if (!isUnsure(unsure)) {
            return new Opinion(unsure, Optional.empty(), Optional.empty());
        }
        List<Event> events = Event.of(rules, log);
        if (events.isEmpty()) {
            return new Opinion(unsure, Optional.empty(), Optional.empty());
        }
        Retrieval retrieval = new Retrieval(knowledge.incidents(), new Vocabulary(base, knowledge.incidents()));
        return model.flatMap(asked -> new Jury(asked, samples).ask(events, retrieval.like(events), unsure))
                .map(found -> new Opinion(found.verdict(), Optional.of(found.root()), found.pattern()))
                .or(() ->
                        retrieval
                                .answer(events, unsure)
                                .map(answer -> new Opinion(answer, Optional.empty(), Optional.empty())))
                .orElse(new Opinion(unsure, Optional.empty(), Optional.empty()));
    }

    /// Whether rules say so little that the agent is asked.
    private boolean isUnsure(Verdict verdict) {
        if (verdict.confidence() < SURE || verdict.evidence().isEmpty()) {
            return verdict.reason() != Reason.NONE || verdict.confidence() < SURE;
        }
        String sign = verdict.evidence().getFirst().rule();
        boolean unknownClass = sign.startsWith("class-") && rules.ofClass(sign.substring("class-".length())).isEmpty();
        return unknownClass || sign.equals("alarm");
    }

    /// Keeps a log whose cause is known now, and writes a rule for the next one like it.
    public Lesson learn(Path log, Told told) {
        Opinion opinion = opinion(log);
        Verdict verdict = opinion.verdict();
        Reason reason = told.reason().orElse(verdict.reason());
        Action action = told.action().orElseGet(() -> usual(reason, verdict));
        if (reason == Reason.NONE || action == Action.NONE) {
            throw new DiagnosisException(
                    log + " shows no failure to learn from; name its cause by --reason and --action");
        }
        List<Event> events = Event.of(rules, log);
        if (events.isEmpty()) {
            throw new DiagnosisException(log + " holds no line to learn from");
        }
        Vocabulary vocabulary = new Vocabulary(base, knowledge.incidents());
        Event cited = told.line().map(number -> cited(events, number, log)).or(opinion::root).orElse(null);
        String root =
                cited != null
                        ? cited.text()
                        : new RuleWriter(rules, knowledge.incidents(), vocabulary).root(events, reason);
        boolean agent = told.reason().isEmpty();
        String author =
                agent && verdict.author().startsWith("model ") ? "model " + model.orElseThrow().name() : told.author();
        Incident incident =
                new Incident(
                        slug(reason) + "-" + (knowledge.incidents().size() + 1),
                        reason,
                        action,
                        root,
                        events.stream().map(Event::text).toList(),
                        events.stream().map(Event::alarming).toList(),
                        author);
        knowledge.keep(incident);
        Verdict now = byRules.diagnose(incident.id(), incident.lines());
        if (now.reason() == reason && now.action() == action && !isUnsure(now)) {
            return new Lesson(incident, Optional.empty(), "the rules know it already");
        }
        return write(incident, opinion.pattern(), author);
    }

    private Lesson write(Incident incident, Optional<String> proposed, String author) {
        String id = "learned-" + incident.id();
        RuleWriter writer = new RuleWriter(rules, knowledge.incidents(), new Vocabulary(base, knowledge.incidents()));
        Examination examination = new Examination(rules, knowledge.incidents());
        List<Config> candidates = new ArrayList<>();
        proposed.ifPresent(pattern -> candidates.add(writer.write(id, incident, pattern, author)));
        writer.write(id, incident, author).ifPresent(candidates::add);
        String why = "its root line has too few words that stay";
        for (Config candidate : candidates) {
            Optional<String> refusal = examination.refusal(id, candidate, incident);
            if (refusal.isEmpty()) {
                knowledge.enter(id, candidate, author);
                take(knowledge.over(base));
                return new Lesson(incident, Optional.of(id), "");
            }
            why = refusal.get();
            knowledge.refuse(id, author, why);
        }
        return new Lesson(incident, Optional.empty(), why);
    }

    /// Where only the reason is told: what helped before, or what the rules say of it.
    private Action usual(Reason reason, Verdict verdict) {
        if (verdict.reason() == reason) {
            return verdict.action();
        }
        return knowledge.incidents().reversed().stream()
                .filter(incident -> incident.reason() == reason)
                .map(Incident::action)
                .findFirst()
                .or(() ->
                        base.rules().stream()
                                .filter(rule -> rule.reason() == reason)
                                .map(rule -> rule.action())
                                .findFirst())
                .orElse(Action.USER_FIX);
    }

    private static Event cited(List<Event> events, long number, Path log) {
        return events.stream()
                .filter(event -> event.line() == number)
                .findFirst()
                .orElseThrow(() ->
                        new DiagnosisException(
                                "line "
                                        + number
                                        + " of "
                                        + log
                                        + " is routine, or there is no such line; --compress lists those that can be"
                                        + " named"));
    }

    private static String slug(Reason reason) {
        return reason.label().toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-").replaceAll("^-|-$", "");
    }
}
