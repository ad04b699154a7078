package dev.pando.evaluation.scoring;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Cuts text into sentences and words for the checks of IFEval.
final class Sentences {
    private static final Pattern END = Pattern.compile("[.!?。!?]+[\"'”’)\\]*_]*(?=\\s|$)|[。!?]+");
    private static final Pattern ABBREVIATION =
            Pattern.compile(
                    "(?:^|[\\s(\"'])(?:Mr|Mrs|Ms|Dr|Prof|St|Sr|Jr|Rev|Gen|Col|vs|etc|e\\.g|i\\.e|No|Inc|Ltd|Co|Fig|al|\\p{Lu}"
                            + "|(?:\\p{L}\\.)+\\p{L})\\.$");
    private static final Pattern WORD = Pattern.compile("\\w+(?:[-'’]\\w+)*", Pattern.UNICODE_CHARACTER_CLASS);

    private Sentences() {}

    /// Sentences end with a full stop, a question or an exclamation mark before white space, unless an abbreviation or
    /// an initial does.
    static List<String> of(String text) {
        List<String> sentences = new ArrayList<>();
        Matcher end = END.matcher(text);
        int from = 0;
        while (end.find()) {
            String upTo = text.substring(from, end.end());
            boolean abbreviated = ABBREVIATION.matcher(upTo).find() && !text.substring(end.end()).isBlank();
            boolean numbered = upTo.strip().matches("\\d{1,3}\\."); // 1. of a list
            if (!abbreviated && !numbered) {
                sentences.add(upTo.strip());
                from = end.end();
            }
        }
        if (!text.substring(from).isBlank()) {
            sentences.add(text.substring(from).strip());
        }
        return sentences;
    }

    /// Words; one with a hyphen or an apostrophe in it is one.
    static List<String> words(String text) {
        return WORD.matcher(text).results().map(match -> match.group()).toList();
    }
}
