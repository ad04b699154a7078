package dev.pando.evaluation.scoring;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// How good an answer is.
///
/// @param score from 0 to 1
/// @param metrics more numbers by name, in a fixed order
/// @param counts what a metric over all answers together adds up, see [AnswerScorer#together]
/// @param why what went wrong, for a reader; empty where nothing did or nothing is known
public record Verdict(double score, Map<String, Double> metrics, List<Long> counts, String why) {
    public Verdict {
        metrics = new LinkedHashMap<>(metrics);
        counts = List.copyOf(counts);
    }

    static Verdict of(double score) {
        return new Verdict(score, Map.of(), List.of(), "");
    }

    static Verdict of(boolean right) {
        return of(right ? 1 : 0);
    }
}
