package dev.pando.data.rules;

import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.regex.Pattern;

/// A text as all rules look at it: its words and lines are cut once.
final class Measured {
    private static final Pattern PARAGRAPHS = Pattern.compile("\n{2,}");
    private static final Pattern LINES = Pattern.compile("\n+");

    final String text;
    final String lower;
    final List<String> words;
    final List<String> lines;
    private final Map<String, Double> known = new HashMap<>();

    Measured(String text) {
        this.text = text;
        lower = text.toLowerCase(Locale.ROOT);
        words = Words.of(text);
        lines = text.lines().toList();
    }

    /// Ideographs among letters.
    double ideographs() {
        return once(
                "ideographs",
                _ -> {
                    long letters = text.codePoints().filter(Character::isLetter).count();
                    long ideographs = text.codePoints().filter(Character::isIdeographic).count();
                    return letters == 0 ? 0 : (double) ideographs / letters;
                });
    }

    List<String> paragraphs() {
        return Arrays.asList(PARAGRAPHS.split(text.strip()));
    }

    List<String> filledLines() {
        return Arrays.asList(LINES.split(text));
    }

    /// Share of the elements that stand there again.
    static double repeated(List<String> elements) {
        Set<String> seen = new HashSet<>();
        long again = elements.stream().filter(element -> !seen.add(element)).count();
        return elements.isEmpty() ? 0 : (double) again / elements.size();
    }

    /// Characters of the elements that stand there again.
    static long repeatedChars(List<String> elements) {
        Set<String> seen = new HashSet<>();
        return elements.stream().filter(element -> !seen.add(element)).mapToLong(String::length).sum();
    }

    double perChar(double chars) {
        return text.isEmpty() ? 0 : chars / text.length();
    }

    double perWord(double count) {
        return words.isEmpty() ? 0 : count / words.size();
    }

    double perLine(double count) {
        return lines.isEmpty() ? 0 : count / lines.size();
    }

    /// Characters of the most frequent n-gram of words, all its places together.
    double topGram(int n) {
        return once(
                "top " + n,
                _ -> {
                    if (words.size() < n) {
                        return 0;
                    }
                    Map<String, Integer> counts = new HashMap<>();
                    int most = 0;
                    for (int i = 0; i + n <= words.size(); i++) {
                        most = Math.max(most, counts.merge(gram(i, n), 1, Integer::sum));
                    }
                    // of several that are as frequent, the first, as with the published rule's counter
                    int i = 0;
                    while (counts.get(gram(i, n)) < most) {
                        i++;
                    }
                    return perChar((double) gram(i, n).length() * most);
                });
    }

    private String gram(int from, int n) {
        return String.join(" ", words.subList(from, from + n));
    }

    /// Characters of n-grams of words that stood there before, none counted twice.
    double againGrams(int n) {
        Set<String> seen = new HashSet<>();
        long chars = 0;
        int i = 0;
        while (i + n <= words.size()) {
            String gram = String.join("", words.subList(i, i + n));
            if (seen.add(gram)) {
                i++;
            } else {
                chars += gram.length();
                i += n;
            }
        }
        return perChar(chars);
    }

    private double once(String what, ToDoubleFunction<String> measure) {
        Double value = known.get(what);
        if (value == null) {
            value = measure.applyAsDouble(what);
            known.put(what, value);
        }
        return value;
    }
}
