package dev.pando.diagnosis.rule;

import com.hankcs.algorithm.AhoCorasickDoubleArrayTrie;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.TreeMap;

/// Finds which rules match a line, at the price of one pass over its characters where none does.
///
/// A rule's pattern is tried only where the line holds one of the rule's texts; all texts of all rules are looked for
/// at once.
public final class Matches {
    private final List<Rule> rules;
    private final AhoCorasickDoubleArrayTrie<int[]> texts = new AhoCorasickDoubleArrayTrie<>();
    private final BitSet always = new BitSet();
    private final BitSet tried = new BitSet();
    private char[] lower = new char[1024];

    /// One match.
    ///
    /// @param rule whose pattern it is
    /// @param start where in the line it begins
    public record Match(Rule rule, int start) {}

    public Matches(List<Rule> rules) {
        this.rules = rules;
        TreeMap<String, BitSet> holders = new TreeMap<>();
        for (int i = 0; i < rules.size(); i++) {
            for (String text : rules.get(i).any()) {
                holders.computeIfAbsent(text, key -> new BitSet()).set(i);
            }
            always.set(i, rules.get(i).any().isEmpty());
        }
        TreeMap<String, int[]> numbers = new TreeMap<>();
        holders.forEach((text, set) -> numbers.put(text, set.stream().toArray()));
        texts.build(numbers);
    }

    /// The rules whose texts the line holds; valid until the next call.
    public BitSet candidates(String line) {
        int length = line.length();
        if (lower.length < length) {
            lower = new char[length * 2];
        }
        for (int i = 0; i < length; i++) {
            char c = line.charAt(i);
            lower[i] = c >= 'A' && c <= 'Z' ? (char) (c + 32) : c;
        }
        for (int i = length; i < lower.length && lower[i] != 0; i++) {
            lower[i] = 0; // the trie reads the whole array
        }
        tried.clear();
        tried.or(always);
        texts.parseText(
                lower,
                (begin, end, numbers) -> {
                    for (int number : numbers) {
                        tried.set(number);
                    }
                });
        return tried;
    }

    /// The rules whose patterns match the line, in the order of their names.
    ///
    /// @param around the lines before, this one among them
    public List<Match> of(String line, Iterable<String> around) {
        BitSet candidates = candidates(line);
        List<Match> matches = new ArrayList<>();
        for (int i = candidates.nextSetBit(0); i >= 0; i = candidates.nextSetBit(i + 1)) {
            Rule rule = rules.get(i);
            int start = rule.find(line);
            if (start >= 0 && rule.allows(around)) {
                matches.add(new Match(rule, start));
            }
        }
        return matches;
    }
}
