package dev.pando.data.step;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.data.document.JsonLines;
import dev.pando.data.recipe.Recipe.StepSpec;
import dev.pando.data.rules.Filter.Reason;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/// Measures whether a long text is prose that holds together, by its words and lines, and removes what is not.
///
/// InternLM2, section 3.1.3, names statistical filters on lexical and linguistic features, such as the presence of
/// discourse connectives, and LongWanjuan (arXiv 2402.13583) the features. Limits are ours; `scores` keeps the values,
/// so that a recipe can set others by source and language.
public final class LongTextStep implements Step {
    private static final Set<String> CONNECTIVES =
            Set.of(
                    "also",
                    "although",
                    "because",
                    "before",
                    "but",
                    "consequently",
                    "despite",
                    "finally",
                    "first",
                    "furthermore",
                    "hence",
                    "however",
                    "if",
                    "indeed",
                    "instead",
                    "meanwhile",
                    "moreover",
                    "nevertheless",
                    "otherwise",
                    "rather",
                    "second",
                    "since",
                    "so",
                    "still",
                    "then",
                    "therefore",
                    "though",
                    "thus",
                    "unless",
                    "until",
                    "when",
                    "whereas",
                    "while",
                    "yet");
    private static final List<String> CHINESE =
            List.of(
                    "因为", "所以", "但是", "然而", "因此", "虽然", "而且", "如果", "不过", "于是", "同时", "首先", "其次", "最后", "此外", "总之",
                    "由于", "并且");
    private static final int WINDOW = 1000; // words

    private record Bound(String name, double least, double most) {}

    private final List<Bound> bounds = new ArrayList<>();

    public LongTextStep(StepSpec spec) {
        for (String name : List.of("connectives", "distinct-words", "letters", "mean-line")) {
            bounds.add(new Bound(name, spec.number(name + ".least"), spec.number(name + ".most")));
        }
    }

    @Override
    public Optional<Reason> look(ObjectNode document) {
        ObjectNode measured = measure(Step.text(document));
        ObjectNode scores = document.withObjectProperty("scores");
        scores.setAll(measured);
        for (Bound bound : bounds) {
            double value = measured.path(bound.name).asDouble();
            if (value < bound.least) {
                return Optional.of(new Reason(bound.name, value, bound.least));
            }
            if (value > bound.most) {
                return Optional.of(new Reason(bound.name, value, bound.most));
            }
        }
        return Optional.empty();
    }

    static ObjectNode measure(String text) {
        String lower = text.toLowerCase(Locale.ROOT);
        int words = 0;
        int connectives = 0;
        double distinct = 0;
        int windows = 0;
        long letters = 0;
        Set<String> seen = new HashSet<>();
        int from = -1;
        for (int i = 0; i <= lower.length(); i++) {
            char c = i < lower.length() ? lower.charAt(i) : ' ';
            boolean ideograph = Character.isIdeographic(c);
            letters += Character.isLetter(c) ? 1 : 0;
            boolean part = !ideograph && Character.isLetterOrDigit(c);
            String word = "";
            if (from >= 0 && !part) {
                word = lower.substring(from, i);
                connectives += CONNECTIVES.contains(word) ? 1 : 0;
                from = -1;
            } else if (from < 0 && part) {
                from = i;
            }
            if (!word.isEmpty() || ideograph) {
                words++;
                seen.add(word.isEmpty() ? String.valueOf(c) : word);
                if (words % WINDOW == 0) {
                    distinct += (double) seen.size() / WINDOW;
                    windows++;
                    seen.clear();
                }
            }
        }
        for (String connective : CHINESE) {
            for (int at = text.indexOf(connective); at >= 0; at = text.indexOf(connective, at + 2)) {
                connectives++;
            }
        }
        long lines = text.lines().filter(line -> !line.isBlank()).count();
        int rest = words % WINDOW;
        double share = windows > 0 ? distinct / windows : rest == 0 ? 0 : (double) seen.size() / rest;
        return JsonLines.object()
                .put("connectives", words == 0 ? 0 : 1000.0 * connectives / words)
                .put("distinct-words", share)
                .put("letters", text.isEmpty() ? 0 : (double) letters / text.length())
                .put("mean-line", lines == 0 ? 0 : (double) text.length() / lines);
    }
}
