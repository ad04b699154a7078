package dev.pando.diagnosis.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.diagnosis.Evidence;
import dev.pando.diagnosis.Verdict;
import java.util.Locale;

/// Shows a verdict: five lines for a person, or one JSON object for a machine.
public final class VerdictText {
    private static final ObjectMapper JSON = new ObjectMapper();

    private VerdictText() {}

    /// What, where, since when, by which lines, what to do.
    public static String lines(Verdict verdict) {
        StringBuilder text = new StringBuilder();
        text.append(verdict.file()).append('\n');
        line(
                text,
                "what",
                verdict.reason().label()
                        + ", "
                        + verdict.reason().category().label()
                        + String.format(Locale.ROOT, ", confidence %.2f", verdict.confidence()));
        line(text, "where", verdict.node().orElse("the log names no node"));
        line(text, "since", verdict.since().isEmpty() ? "the log shows no steps" : verdict.since());
        String indent = "evidence";
        for (Evidence evidence : verdict.evidence()) {
            line(
                    text,
                    indent,
                    evidence.line()
                            + ": "
                            + cut(evidence.text())
                            + (evidence.times() > 1 ? " (" + evidence.times() + " times)" : ""));
            indent = "";
        }
        if (verdict.evidence().isEmpty()) {
            line(text, "evidence", "none");
        }
        line(text, "do", verdict.sentence());
        return text.toString();
    }

    /// One object, on one line.
    public static String json(Verdict verdict) {
        ObjectNode object = JSON.createObjectNode();
        object.put("file", verdict.file());
        object.put("reason", verdict.reason().label());
        object.put("category", verdict.reason().category().label());
        object.put("action", verdict.action().label());
        object.put("node", verdict.node().orElse(null));
        object.put("since", verdict.since());
        ArrayNode evidence = object.putArray("evidence");
        for (Evidence one : verdict.evidence()) {
            evidence.addObject()
                    .put("file", one.file())
                    .put("line", one.line())
                    .put("text", one.text())
                    .put("rule", one.rule())
                    .put("times", one.times());
        }
        object.put("confidence", verdict.confidence());
        object.put("sentence", verdict.sentence());
        object.put("by", verdict.author());
        try {
            return JSON.writeValueAsString(object);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void line(StringBuilder text, String name, String what) {
        text.append(String.format(Locale.ROOT, "  %-9s %s%n", name, what));
    }

    private static String cut(String text) {
        return text.length() <= 160 ? text : text.substring(0, 159) + "…";
    }
}
