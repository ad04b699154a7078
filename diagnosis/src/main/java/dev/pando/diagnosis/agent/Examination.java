package dev.pando.diagnosis.agent;

import com.typesafe.config.Config;
import dev.pando.diagnosis.DiagnosisException;
import dev.pando.diagnosis.Verdict;
import dev.pando.diagnosis.judge.Diagnoser;
import dev.pando.diagnosis.rule.Rule;
import dev.pando.diagnosis.rule.RuleSet;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/// Says whether a candidate rule may enter: it must read its examples and no others, and change no verdict that was
/// right, over all examples of all rules and all kept incidents.
final class Examination {
    /// Letters of a pattern that must match as they stand, or it says too little.
    private static final int LETTERS = 8;

    private static final int LONGEST = 600;
    private static final Pattern SIGNS =
            Pattern.compile("\\\\[QEbBsSdDwW]|\\(\\?[a-zA-Z<>:P]*|\\[[^\\]]*\\]|\\{[^}]*\\}|[^A-Za-z]");

    private final RuleSet known;
    private final List<Incident> incidents;

    /// @param incidents all kept ones, those to learn from among them
    Examination(RuleSet known, List<Incident> incidents) {
        this.known = known;
        this.incidents = incidents;
    }

    /// Why the rule may not enter; empty if it may.
    Optional<String> refusal(String id, Config candidate, Incident learned) {
        RuleSet next;
        try {
            next = known.with(candidate);
        } catch (DiagnosisException e) {
            return Optional.of(e.getMessage());
        }
        Rule rule = next.rules().stream().filter(one -> one.id().equals(id)).findFirst().orElseThrow();
        String pattern = rule.pattern().pattern();
        if (pattern.length() > LONGEST) {
            return Optional.of("its pattern is longer than " + LONGEST + " characters");
        }
        if (SIGNS.matcher(pattern).replaceAll("").length() < LETTERS) {
            return Optional.of("its pattern holds fewer than " + LETTERS + " letters that must match as they stand");
        }
        for (String example : rule.positives()) {
            if (!rule.matches(example)) {
                return Optional.of("it does not match its own example \"" + example + "\"");
            }
        }
        for (String example : rule.negatives()) {
            if (rule.matches(example)) {
                return Optional.of("it matches \"" + example + "\", which it must not");
            }
        }
        Diagnoser before = new Diagnoser(known);
        Diagnoser after = new Diagnoser(next);
        Verdict own = after.diagnose(learned.id(), learned.lines());
        if (own.reason() != learned.reason() || own.action() != learned.action()) {
            return Optional.of(
                    "with it the incident itself is still taken for "
                            + own.reason().label()
                            + ", "
                            + own.action().label());
        }
        return examples(rule, before, after).or(() -> kept(rule, before, after));
    }

    private Optional<String> examples(Rule rule, Diagnoser before, Diagnoser after) {
        for (Rule other : known.rules()) {
            for (String example : other.positives()) {
                if (!touches(rule, example.lines().toList())) {
                    continue;
                }
                Verdict was = before.diagnose("example", example.lines().toList());
                boolean right = was.reason() == other.reason() && was.action() == other.action();
                if (right && differs(was, after, example)) {
                    return Optional.of(
                            "it takes the example of rule " + other.id() + " for itself: \"" + example + "\"");
                }
            }
            for (String example : other.negatives()) {
                if (other.reason() != rule.reason()
                        && touches(rule, example.lines().toList())
                        && differs(before.diagnose("example", example.lines().toList()), after, example)) {
                    return Optional.of(
                            "it matches \"" + example + "\", which rule " + other.id() + " has for a counterexample");
                }
            }
        }
        return Optional.empty();
    }

    private Optional<String> kept(Rule rule, Diagnoser before, Diagnoser after) {
        for (Incident incident : incidents) {
            if (!touches(rule, incident.lines())) {
                continue;
            }
            Verdict was = before.diagnose(incident.id(), incident.lines());
            Verdict is = after.diagnose(incident.id(), incident.lines());
            boolean right = was.reason() == incident.reason() && was.action() == incident.action();
            boolean stays = is.reason() == incident.reason() && is.action() == incident.action();
            boolean worse = is.reason() == rule.reason() && incident.reason() != rule.reason();
            if (right && !stays || worse) {
                return Optional.of("with it incident " + incident.id() + " is taken for " + is.reason().label());
            }
        }
        return Optional.empty();
    }

    private static boolean touches(Rule rule, List<String> lines) {
        return lines.stream().anyMatch(line -> !line.isBlank() && rule.matches(line));
    }

    private static boolean differs(Verdict was, Diagnoser after, String example) {
        Verdict is = after.diagnose("example", example.lines().toList());
        return is.reason() != was.reason() || is.action() != was.action();
    }
}
