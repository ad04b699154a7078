package dev.pando.evaluation.scoring;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/// chrF2 of a corpus (Popović) as sacreBLEU computes it: characters without white space, orders 1 to 6, beta 2.
final class Chrf implements AnswerScorer {
    private static final int ORDERS = 6;
    private static final double BETA_SQUARED = 4;

    @Override
    public String metric() {
        return "chrF2";
    }

    /// Counts are, for each order: n-grams of the answer, of the reference, and of both.
    @Override
    public Verdict score(Answer answer) {
        List<Long> best = List.of();
        double score = -1;
        for (String reference : answer.references()) {
            List<Long> counts = counts(answer.text(), reference);
            double here = together(counts).orElse(0);
            if (here > score) {
                score = here;
                best = counts;
            }
        }
        return new Verdict(Math.max(0, score), Map.of(), best, "");
    }

    private static List<Long> counts(String answer, String reference) {
        List<Long> counts = new ArrayList<>();
        for (int n = 1; n <= ORDERS; n++) {
            Map<String, Integer> mine = grams(answer, n);
            Map<String, Integer> right = grams(reference, n);
            long both = 0;
            for (Map.Entry<String, Integer> gram : mine.entrySet()) {
                both += Math.min(gram.getValue(), right.getOrDefault(gram.getKey(), 0));
            }
            counts.add(mine.values().stream().mapToLong(count -> count).sum());
            counts.add(right.values().stream().mapToLong(count -> count).sum());
            counts.add(both);
        }
        return counts;
    }

    @Override
    public OptionalDouble together(List<Long> counts) {
        if (counts.size() != 3 * ORDERS) {
            return OptionalDouble.empty();
        }
        double precision = 0;
        double recall = 0;
        int orders = 0;
        for (int n = 0; n < ORDERS; n++) {
            long mine = counts.get(3 * n);
            long right = counts.get(3 * n + 1);
            if (mine > 0 && right > 0) {
                precision += (double) counts.get(3 * n + 2) / mine;
                recall += (double) counts.get(3 * n + 2) / right;
                orders++;
            }
        }
        if (orders == 0 || precision + recall == 0) {
            return OptionalDouble.of(0);
        }
        precision /= orders;
        recall /= orders;
        return OptionalDouble.of((1 + BETA_SQUARED) * precision * recall / (BETA_SQUARED * precision + recall));
    }

    private static Map<String, Integer> grams(String text, int n) {
        int[] characters = text.replaceAll("\\s+", "").codePoints().toArray();
        Map<String, Integer> grams = new HashMap<>();
        for (int i = 0; i + n <= characters.length; i++) {
            grams.merge(new String(characters, i, n), 1, Integer::sum);
        }
        return grams;
    }
}
