package dev.pando.evaluation.run;

import dev.pando.evaluation.scoring.Answer;
import dev.pando.evaluation.scoring.Verdict;
import dev.pando.evaluation.task.Mode;
import dev.pando.evaluation.task.Normalise;
import dev.pando.evaluation.task.Task;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntFunction;

/// Makes the result of an item from what a model replied: a pure function of the two, apart from any model.
final class Scoring {
    private final String model;
    private final Item item;
    private final Reply reply;
    private final Map<String, Double> metrics = new LinkedHashMap<>();
    private final List<Object> gold = new ArrayList<>();
    private final List<Long> counts = new ArrayList<>();
    private final List<String> texts = new ArrayList<>();
    private String answer = "";
    private String why = "";

    private Scoring(String model, Item item, Reply reply) {
        this.model = model;
        this.item = item;
        this.reply = reply;
    }

    /// @throws dev.pando.evaluation.data.EvaluationException if the reply cannot be scored
    static ItemResult result(String model, Item item, Reply reply) {
        Scoring scoring = new Scoring(model, item, reply);
        return switch (item.question()) {
            case Question.Choices choices -> scoring.choices(choices);
            case Question.Likelihood likelihood -> scoring.likelihood(likelihood.pair());
            case Question.Whole whole -> scoring.whole(whole.text());
            case Question.Prompt prompt -> scoring.written(prompt.references());
            case Question.Tokens tokens -> scoring.written(tokens.references());
        };
    }

    /// Whether a score takes so long that it is formed apart from the thread that asks the model.
    static boolean takesLong(Item item) {
        return item.task().mode() instanceof Mode.Generation how && how.scorer().takesLong();
    }

    private ItemResult choices(Question.Choices choices) {
        Normalise normalise = item.task().mode() instanceof Mode.Choice choice ? choice.normalise() : Normalise.NONE;
        int picked = -1;
        for (Normalise each : Normalise.values()) {
            List<Double> values =
                    switch (each) {
                        case NONE -> reply.likelihoods();
                        case CHARACTERS ->
                                divided(
                                        reply.likelihoods(),
                                        choices.texts(),
                                        text -> text.codePointCount(0, text.length()));
                        case BYTES ->
                                divided(
                                        reply.likelihoods(),
                                        choices.texts(),
                                        text -> text.getBytes(StandardCharsets.UTF_8).length);
                        case TOKENS -> divided(reply.likelihoods(), reply.tokens(), tokens -> tokens);
                        case UNCONDITIONAL -> minus(reply.likelihoods(), reply.unconditional());
                        case WHOLE -> reply.whole();
                    };
            if (!values.isEmpty()) {
                int best = best(values);
                metrics.put(Task.metric(each), choices.gold().contains(best) ? 1.0 : 0.0);
                picked = each == normalise ? best : picked;
            }
        }
        gold.addAll(choices.gold());
        return result(picked, metrics.get(Task.metric(normalise)));
    }

    private ItemResult likelihood(Question.Pair pair) {
        double score = reply.greedy().getFirst() ? 1 : 0;
        metrics.put("accuracy", score);
        gold.add(pair.continuation());
        return result(-1, score);
    }

    private ItemResult whole(String text) {
        long bytes = text.getBytes(StandardCharsets.UTF_8).length;
        long words = text.strip().split("\\s+").length;
        counts.addAll(List.of(bytes, words, (long) reply.tokens().getFirst()));
        double bits = -reply.likelihoods().getFirst() / StrictMath.log(2) / bytes;
        metrics.put("bits per byte", bits);
        return result(-1, bits);
    }

    private ItemResult written(List<String> references) {
        Mode.Generation how = (Mode.Generation) item.task().mode();
        gold.addAll(references);
        double right = 0;
        for (List<String> sample : reply.texts()) {
            String raw = String.join("\n\n", sample);
            String text = how.post().apply(raw);
            Verdict verdict = how.scorer().score(new Answer(text, raw, references, item.row()));
            texts.addAll(sample);
            answer = text.equals(raw) ? "" : text;
            why = verdict.why();
            right += verdict.score();
            if (how.samples() == 1) {
                metrics.put(how.scorer().metric(), verdict.score());
                metrics.putAll(verdict.metrics());
                counts.addAll(verdict.counts());
            }
        }
        if (how.samples() > 1) {
            for (int k : how.ks().isEmpty() ? List.of(1) : how.ks()) {
                metrics.put("pass@" + k, PassAtK.of(how.samples(), (int) Math.round(right), k));
            }
        }
        return result(-1, metrics.values().iterator().next());
    }

    private ItemResult result(int picked, double score) {
        return new ItemResult(
                model,
                item.task().name(),
                item.id(),
                item.group(),
                item.prompt(),
                reply.likelihoods(),
                reply.unconditional(),
                reply.whole(),
                reply.tokens(),
                reply.greedy(),
                texts,
                answer,
                gold,
                picked,
                score,
                metrics,
                counts,
                why);
    }

    private static <T> List<Double> divided(List<Double> likelihoods, List<T> of, ToIntFunction<T> length) {
        List<Double> values = new ArrayList<>();
        for (int i = 0; i < likelihoods.size(); i++) {
            values.add(likelihoods.get(i) / length.applyAsInt(of.get(i)));
        }
        return values;
    }

    private static List<Double> minus(List<Double> likelihoods, List<Double> others) {
        List<Double> values = new ArrayList<>();
        for (int i = 0; i < others.size(); i++) {
            values.add(likelihoods.get(i) - others.get(i));
        }
        return values;
    }

    /// The first of the largest.
    private static int best(List<Double> values) {
        int best = 0;
        for (int i = 1; i < values.size(); i++) {
            if (values.get(i) > values.get(best)) {
                best = i;
            }
        }
        return best;
    }
}
