package dev.pando.diagnosis.agent;

import dev.pando.diagnosis.rule.Rule;
import dev.pando.diagnosis.rule.RuleSet;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// How telling each word is: the fewer rules' examples and incidents hold it, the more (inverse document frequency).
final class Vocabulary {
    private static final Pattern WORD = Pattern.compile("[A-Za-z][A-Za-z_]{2,}");

    /// What routine lines weigh beside those that alarm.
    private static final double ROUTINE = 0.2;

    private final Map<String, Integer> holders = new TreeMap<>();
    private int documents;

    Vocabulary(RuleSet rules, Collection<Incident> incidents) {
        for (Rule rule : rules.rules()) {
            rule.positives().forEach(example -> add(List.of(example)));
        }
        incidents.forEach(incident -> add(incident.lines()));
    }

    private void add(List<String> lines) {
        TreeSet<String> words = new TreeSet<>();
        lines.forEach(line -> words.addAll(words(line)));
        words.forEach(word -> holders.merge(word, 1, Integer::sum));
        documents++;
    }

    /// How telling a word is, in lower case.
    double weight(String word) {
        return StrictMath.log(1 + (documents + 1.0) / (1 + holders.getOrDefault(word, 0)));
    }

    /// How telling all words of a line are.
    double weight(Collection<String> words) {
        return words.stream().mapToDouble(this::weight).sum();
    }

    /// The weight of each word in lines.
    Map<String, Double> vector(List<String> lines, List<Boolean> alarming) {
        Map<String, Double> vector = new TreeMap<>();
        for (int i = 0; i < lines.size(); i++) {
            double share = alarming.get(i) ? 1 : ROUTINE;
            for (String word : words(lines.get(i))) {
                vector.merge(word, share * weight(word), Math::max);
            }
        }
        return vector;
    }

    /// Cosine of the angle between two vectors: 1 for the same words, 0 for none in common.
    static double similarity(Map<String, Double> one, Map<String, Double> other) {
        double product = 0;
        for (Map.Entry<String, Double> entry : one.entrySet()) {
            product += entry.getValue() * other.getOrDefault(entry.getKey(), 0.0);
        }
        double lengths = length(one) * length(other);
        return lengths == 0 ? 0 : product / lengths;
    }

    private static double length(Map<String, Double> vector) {
        return StrictMath.sqrt(vector.values().stream().mapToDouble(weight -> weight * weight).sum());
    }

    /// The words of a line in lower case, each once, in their order.
    static List<String> words(String line) {
        List<String> words = new ArrayList<>();
        Matcher found = WORD.matcher(line);
        while (found.find()) {
            String word = found.group().toLowerCase(Locale.ROOT);
            if (!words.contains(word)) {
                words.add(word);
            }
        }
        return words;
    }

    /// Words in common over all words of two lines.
    static double overlap(String one, String other) {
        List<String> words = words(one);
        List<String> others = words(other);
        long common = words.stream().filter(others::contains).count();
        long all = words.size() + others.size() - common;
        return all == 0 ? 0 : (double) common / all;
    }
}
