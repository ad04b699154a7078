package dev.pando.evaluation.scoring;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.regex.Pattern;

/// BLEU of a corpus (Papineni et al.) as sacreBLEU computes it: four orders, exponential smoothing, the closest
/// reference's length.
///
/// Its signature would be `nrefs:var|case:mixed|eff:no|tok:13a|smooth:exp`, or `tok:zh`.
final class Bleu implements AnswerScorer {
    private static final int ORDERS = 4;

    private final boolean chinese;

    Bleu(boolean chinese) {
        this.chinese = chinese;
    }

    @Override
    public String metric() {
        return "BLEU";
    }

    /// Counts are: matches of each order, n-grams of each order, length, reference length.
    @Override
    public Verdict score(Answer answer) {
        List<String> words = words(answer.text());
        long[] counts = new long[2 * ORDERS + 2];
        Map<List<String>, Integer> allowed = new HashMap<>();
        long closest = Long.MAX_VALUE;
        for (String reference : answer.references()) {
            List<String> right = words(reference);
            grams(right).forEach((gram, count) -> allowed.merge(gram, count, Math::max));
            long difference = Math.abs(right.size() - words.size());
            long best = Math.abs(closest - words.size());
            if (closest == Long.MAX_VALUE || difference < best || difference == best && right.size() < closest) {
                closest = right.size();
            }
        }
        grams(words)
                .forEach((gram, count) -> {
                    counts[gram.size() - 1] += Math.min(count, allowed.getOrDefault(gram, 0));
                    counts[ORDERS + gram.size() - 1] += count;
                });
        counts[2 * ORDERS] = words.size();
        counts[2 * ORDERS + 1] = closest == Long.MAX_VALUE ? 0 : closest;
        List<Long> list = new ArrayList<>();
        for (long count : counts) {
            list.add(count);
        }
        return new Verdict(together(list).orElse(0), Map.of(), list, "");
    }

    @Override
    public OptionalDouble together(List<Long> counts) {
        if (counts.size() != 2 * ORDERS + 2) {
            return OptionalDouble.empty();
        }
        double smooth = 1;
        double logs = 0;
        boolean any = false;
        for (int n = 0; n < ORDERS; n++) {
            long matches = counts.get(n);
            long all = counts.get(ORDERS + n);
            if (all == 0) {
                return OptionalDouble.of(0);
            }
            any |= matches > 0;
            smooth *= matches == 0 ? 2 : 1;
            logs += StrictMath.log(matches == 0 ? 1 / (smooth * all) : (double) matches / all);
        }
        double length = counts.get(2 * ORDERS);
        double reference = counts.get(2 * ORDERS + 1);
        double brevity = length < reference ? StrictMath.exp(1 - reference / length) : 1;
        return OptionalDouble.of(any ? brevity * StrictMath.exp(logs / ORDERS) : 0);
    }

    private static Map<List<String>, Integer> grams(List<String> words) {
        Map<List<String>, Integer> grams = new HashMap<>();
        for (int n = 1; n <= ORDERS; n++) {
            for (int i = 0; i + n <= words.size(); i++) {
                grams.merge(List.copyOf(words.subList(i, i + n)), 1, Integer::sum);
            }
        }
        return grams;
    }

    private static final Pattern SYMBOLS = Pattern.compile("([{-~\\[-` -&(-+:-@/])");

    /// mteval's tokenization 13a; Chinese characters each on their own where the task says so.
    private List<String> words(String text) {
        String s = text.replace("<skipped>", "").replace("-\n", "").replace("\n", " ");
        s = s.replace("&quot;", "\"").replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">");
        if (chinese) {
            s = s.replaceAll("([\\p{IsHan}\\u3000-\\u303f\\uff00-\\uffef])", " $1 ");
        }
        s = SYMBOLS.matcher(" " + s + " ").replaceAll(" $1 ");
        s = s.replaceAll("([^0-9])([.,])", "$1 $2 ");
        s = s.replaceAll("([.,])([^0-9])", " $1 $2");
        s = s.replaceAll("([0-9])(-)", "$1 $2 ");
        List<String> words = new ArrayList<>();
        for (String word : s.strip().split("\\s+")) {
            if (!word.isEmpty()) {
                words.add(word);
            }
        }
        return words;
    }
}
