package dev.pando.evaluation.scoring;

import com.fasterxml.jackson.databind.node.TextNode;
import dev.pando.evaluation.data.Row;
import dev.pando.evaluation.data.Template;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Has a judge rate an answer, or compare it with another one in both orders, because judges prefer a place.
///
/// A rating is divided by the best one. A comparison scores 1 where the answer wins, 0.5 for a tie and 0 else, mean of
/// the two orders. What the judge says is no function of model and task; it is asked once, and the items' file keeps
/// it.
public final class JudgeScorer implements AnswerScorer {
    private static final String JUDGED = "judged";

    private final Supplier<Judge> judge;
    private final Template prompt;
    private final Pattern verdict;
    private final double best;
    private final Optional<Template> other;

    /// @param prompt with the field `answer`; of a comparison with `first` and `second`
    /// @param verdict its group 1 is the rating, or `A` where the first wins, `B` where the second does, else a tie
    /// @param best highest rating
    /// @param other what the answer is compared with; empty: it is rated
    public JudgeScorer(Template prompt, Pattern verdict, double best, Optional<Template> other) {
        this(() -> Judge.of(System.getenv()), prompt, verdict, best, other);
    }

    JudgeScorer(Supplier<Judge> judge, Template prompt, Pattern verdict, double best, Optional<Template> other) {
        this.judge = judge;
        this.prompt = prompt;
        this.verdict = verdict;
        this.best = best;
        this.other = other;
    }

    @Override
    public String metric() {
        return other.isPresent() ? "win rate" : "rating";
    }

    @Override
    public void check() {
        var _ = judge.get(); // that it can be named is all
    }

    @Override
    public boolean takesLong() {
        return true;
    }

    @Override
    public Verdict score(Answer answer) {
        if (other.isEmpty()) {
            return rated(answer);
        }
        String reference = other.get().render(answer.row());
        OptionalDouble first = compared(answer.row(), answer.text(), reference);
        OptionalDouble second = compared(answer.row(), reference, answer.text());
        if (first.isEmpty() || second.isEmpty()) {
            return verdict(0, false);
        }
        return verdict((first.getAsDouble() + 1 - second.getAsDouble()) / 2, true);
    }

    private Verdict rated(Answer answer) {
        Matcher found = last(judge.get().ask(prompt.render(answer.row().with("answer", new TextNode(answer.text())))));
        try {
            return found == null ? verdict(0, false) : verdict(rating(found.group(1)), true);
        } catch (NumberFormatException wrong) {
            return verdict(0, false);
        }
    }

    private double rating(String written) {
        return Math.clamp(Double.parseDouble(written) / best, 0, 1);
    }

    /// How much better the first is: 1, 0.5 or 0.
    private OptionalDouble compared(Row row, String first, String second) {
        Row both = row.with("first", new TextNode(first)).with("second", new TextNode(second));
        Matcher found = last(judge.get().ask(prompt.render(both)));
        if (found == null) {
            return OptionalDouble.empty();
        }
        return OptionalDouble.of(found.group(1).equals("A") ? 1 : found.group(1).equals("B") ? 0 : 0.5);
    }

    /// The last place that says a verdict: judges explain themselves first.
    private Matcher last(String said) {
        Matcher matcher = verdict.matcher(said);
        int at = -1;
        while (matcher.find()) {
            at = matcher.start();
        }
        return at >= 0 && matcher.find(at) ? matcher : null;
    }

    private static Verdict verdict(double score, boolean judged) {
        Map<String, Double> metrics = new LinkedHashMap<>();
        metrics.put(JUDGED, judged ? 1.0 : 0.0);
        return new Verdict(score, metrics, List.of(), judged ? "" : "the judge gave no verdict that can be read");
    }
}
