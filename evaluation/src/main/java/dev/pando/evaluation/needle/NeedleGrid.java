package dev.pando.evaluation.needle;

import dev.pando.evaluation.data.EvaluationException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;

/// Where needles are hidden: at so many depths of haystacks of these lengths, several times each.
///
/// @param lengths of whole prompts, in tokens of the model, from the shortest on
/// @param depths evenly spread from the beginning (0 %) to the end (100 %)
/// @param repeats needles and haystacks for each length and depth
/// @param seed of all needles and haystacks
public record NeedleGrid(List<Integer> lengths, int depths, int repeats, long seed) {
    public NeedleGrid {
        lengths = List.copyOf(new TreeSet<>(lengths));
        if (lengths.isEmpty() || lengths.getFirst() < 1 || depths < 1 || repeats < 1) {
            throw new EvaluationException("lengths, depths and repeats of a needle test must be at least 1");
        }
    }

    /// Reads lengths such as `4k,8k,16k`, or `4k..200k` for doubles from the first up to the last, which is one too; k
    /// is 1,000.
    ///
    /// @throws EvaluationException if they are not written like that
    public static List<Integer> lengths(String written) {
        String[] ends = written.split("\\.\\.", -1);
        if (ends.length == 1) {
            List<Integer> lengths = new ArrayList<>();
            for (String each : written.split(",", -1)) {
                lengths.add(length(each, written));
            }
            return lengths;
        }
        int first = length(ends[0], written);
        int last = ends.length == 2 ? length(ends[1], written) : 0;
        if (last < first) {
            throw wrong(written);
        }
        List<Integer> lengths = new ArrayList<>();
        for (long length = first; length < last; length *= 2) {
            lengths.add((int) length);
        }
        lengths.add(last);
        return lengths;
    }

    private static int length(String written, String all) {
        String plain = written.strip().toLowerCase(Locale.ROOT);
        boolean thousands = plain.endsWith("k");
        String digits = thousands ? plain.substring(0, plain.length() - 1) : plain;
        if (!digits.matches("[1-9]\\d{0,6}")) {
            throw wrong(all);
        }
        return Integer.parseInt(digits) * (thousands ? 1000 : 1);
    }

    private static EvaluationException wrong(String written) {
        return new EvaluationException(
                "--lengths is \"" + written + "\"; write numbers of tokens as 4k..200k or as 4k,8k,16k");
    }

    /// The longest first: so the last to end are short ones.
    List<Integer> fromLongest() {
        List<Integer> falling = new ArrayList<>(lengths);
        Collections.reverse(falling);
        return falling;
    }

    /// Tokens of the longest prompt.
    public int longest() {
        return lengths.getLast();
    }

    /// Share of the haystack before a needle.
    double depth(int index) {
        return depths == 1 ? 0.5 : (double) index / (depths - 1);
    }

    /// Depths in percent, as a reader sees them.
    public List<Integer> percents() {
        List<Integer> percents = new ArrayList<>();
        for (int i = 0; i < depths; i++) {
            percents.add((int) Math.round(100 * depth(i)));
        }
        return percents;
    }
}
