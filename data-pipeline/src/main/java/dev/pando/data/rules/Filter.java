package dev.pando.data.rules;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.data.document.JsonLines;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Judges documents by a book of rules. May be used by several threads.
public final class Filter {
    /// Above this share of ideographs among its letters, a text is of a language that does not separate words.
    private static final double UNSPACED = 0.3;

    private final List<Rule> rules;

    public Filter(RuleBook book) {
        rules = book.rules();
    }

    /// The first rule that a text breaks, if it breaks one: its name, the value and the limit.
    ///
    /// @param rule `family.rule`, as in the config
    public record Reason(String rule, double value, double limit) {}

    /// Sees whether a document is kept.
    public Optional<Reason> reason(String text) {
        Measured measured = new Measured(text);
        boolean unspaced = measured.ideographs() > UNSPACED;
        for (Rule rule : rules) {
            if (!(unspaced && rule.spaced())) {
                Rule.Found found = rule.look(measured);
                if (!found.kept()) {
                    return Optional.of(new Reason(found.rule(), found.value(), found.limit()));
                }
            }
        }
        return Optional.empty();
    }

    /// The value of every rule that applies, and all that the text breaks.
    public ObjectNode values(String text) {
        Measured measured = new Measured(text);
        boolean unspaced = measured.ideographs() > UNSPACED;
        ObjectNode values = JsonLines.object();
        List<String> broken = new ArrayList<>();
        for (Rule rule : rules) {
            if (!(unspaced && rule.spaced())) {
                Rule.Found found = rule.look(measured);
                values.put(found.rule(), found.value());
                if (!found.kept()) {
                    broken.add(found.rule());
                }
            }
        }
        ObjectNode all = JsonLines.object();
        all.set("values", values);
        all.putArray("broken").addAll(broken.stream().map(all::textNode).toList());
        return all;
    }
}
