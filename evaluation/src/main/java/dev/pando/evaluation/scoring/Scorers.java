package dev.pando.evaluation.scoring;

import dev.pando.evaluation.data.EvaluationException;
import java.util.LinkedHashMap;
import java.util.Map;

/// The scorers by the names that task files use.
public final class Scorers {
    private static final Map<String, AnswerScorer> PLAIN = new LinkedHashMap<>();

    static {
        PLAIN.put("exact", Matching.EXACT);
        PLAIN.put("quasi-exact", Matching.QUASI_EXACT);
        PLAIN.put("contains", Matching.CONTAINS);
        PLAIN.put("f1", Matching.F1);
        PLAIN.put("rouge-l", Matching.ROUGE_L);
        PLAIN.put("number", Matching.NUMBER);
        PLAIN.put("maths", new MathScorer());
        PLAIN.put("bleu", new Bleu(false));
        PLAIN.put("bleu-zh", new Bleu(true));
        PLAIN.put("chrf", new Chrf());
        PLAIN.put("ifeval", new InstructionScorer());
    }

    private Scorers() {}

    /// @throws EvaluationException listing those that exist
    public static AnswerScorer of(String name) {
        AnswerScorer scorer = PLAIN.get(name);
        if (scorer == null) {
            throw new EvaluationException(
                    "is \""
                            + name
                            + "\", which is no scorer; there are "
                            + String.join(", ", PLAIN.keySet())
                            + ", code, judge");
        }
        return scorer;
    }
}
