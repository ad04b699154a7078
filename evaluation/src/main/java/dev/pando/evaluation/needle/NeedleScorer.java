package dev.pando.evaluation.needle;

import dev.pando.evaluation.data.EditDistance;
import dev.pando.evaluation.scoring.Answer;
import dev.pando.evaluation.scoring.AnswerScorer;
import dev.pando.evaluation.scoring.Verdict;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Whether the answer is the needle's code, and how near it is: one minus the edit distance over the longer length,
/// white space apart (the rule of OpenCompass's first needle evaluator).
final class NeedleScorer implements AnswerScorer {
    static final String EXACT = "exact";
    static final String SIMILARITY = "edit similarity";

    @Override
    public String metric() {
        return EXACT;
    }

    @Override
    public Verdict score(Answer answer) {
        String given = answer.text().replaceAll("\\s|\\.$", "");
        String wanted = answer.references().getFirst();
        int longer = Math.max(given.length(), wanted.length());
        double similarity = 1 - (double) EditDistance.between(given, wanted) / longer;
        Map<String, Double> metrics = new LinkedHashMap<>();
        metrics.put(SIMILARITY, similarity);
        return new Verdict(given.equals(wanted) ? 1 : 0, metrics, List.of(), "");
    }
}
