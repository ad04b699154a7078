package dev.pando.evaluation.run;

import dev.pando.evaluation.data.EvaluationException;
import dev.pando.evaluation.model.LanguageModel;
import dev.pando.evaluation.scoring.Answer;
import dev.pando.evaluation.scoring.Verdict;
import dev.pando.evaluation.task.Mode;
import dev.pando.evaluation.task.Normalise;
import dev.pando.evaluation.task.Task;
import dev.pando.training.generation.Sampling;
import dev.pando.training.generation.Scorer;
import dev.pando.training.tokenizer.TextStream;
import dev.pando.training.tokenizer.Tokenizer;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Asks a model a question and scores the answer, on one thread.
final class Asking implements AutoCloseable {
    private final LanguageModel model;
    private final Tokenizer tokenizer;
    private final Encoding encoding;
    private LanguageModel.Session session;
    private int positions;

    Asking(LanguageModel model) {
        this.model = model;
        this.tokenizer = model.tokenizer();
        this.encoding = new Encoding(model);
    }

    /// @throws EvaluationException naming the item that cannot be asked
    ItemResult ask(Item item) {
        try {
            return switch (item.question()) {
                case Question.Choices choices -> choose(item, choices);
                case Question.Likelihood likelihood -> likelihood(item, likelihood.pair());
                case Question.Whole whole -> whole(item, whole.text());
                case Question.Prompt prompt -> generate(item, prompt);
            };
        } catch (EvaluationException wrong) {
            throw new EvaluationException(
                    "task " + item.task().name() + ", " + item.row().where() + ": " + wrong.getMessage(), wrong);
        }
    }

    private ItemResult choose(Item item, Question.Choices choices) {
        Normalise normalise = item.task().mode() instanceof Mode.Choice choice ? choice.normalise() : Normalise.NONE;
        Draft draft = new Draft(item);
        List<Double> unconditional = new ArrayList<>();
        List<Double> whole = new ArrayList<>();
        for (Question.Pair pair : choices.pairs()) {
            Encoding.Encoded encoded = encoding.pair(pair);
            Scorer.Scored scored = score(encoded.tokens(), encoded.from());
            draft.add(scored, encoded.asked());
            if (normalise == Normalise.WHOLE) {
                whole.add(score(encoded.tokens(), 1).sum() / encoded.tokens().length);
            }
        }
        for (Question.Pair pair : choices.unconditional()) {
            Encoding.Encoded encoded = encoding.pair(pair);
            unconditional.add(score(encoded.tokens(), encoded.from()).sum());
        }
        int picked = -1;
        for (Normalise each : Normalise.values()) {
            List<Double> values =
                    switch (each) {
                        case NONE -> draft.likelihoods;
                        case CHARACTERS ->
                                divided(
                                        draft.likelihoods,
                                        choices.texts(),
                                        text -> text.codePointCount(0, text.length()));
                        case BYTES ->
                                divided(
                                        draft.likelihoods,
                                        choices.texts(),
                                        text -> text.getBytes(StandardCharsets.UTF_8).length);
                        case TOKENS -> divided(draft.likelihoods, draft.tokens, tokens -> tokens);
                        case UNCONDITIONAL -> minus(draft.likelihoods, unconditional);
                        case WHOLE -> whole;
                    };
            if (!values.isEmpty()) {
                int best = best(values);
                draft.metrics.put(Task.metric(each), choices.gold().contains(best) ? 1.0 : 0.0);
                picked = each == normalise ? best : picked;
            }
        }
        draft.gold.addAll(choices.gold());
        return draft.result(model, unconditional, whole, picked, draft.metrics.get(Task.metric(normalise)));
    }

    private ItemResult likelihood(Item item, Question.Pair pair) {
        Draft draft = new Draft(item);
        Encoding.Encoded encoded = encoding.pair(pair);
        Scorer.Scored scored = score(encoded.tokens(), encoded.from());
        draft.add(scored, encoded.asked());
        double score = scored.greedy() ? 1 : 0;
        draft.metrics.put("accuracy", score);
        draft.gold.add(pair.continuation());
        return draft.result(model, List.of(), List.of(), -1, score);
    }

    private ItemResult whole(Item item, String text) {
        Draft draft = new Draft(item);
        double sum = 0;
        int tokens = 0;
        for (Encoding.Encoded window : encoding.windows(text)) {
            sum += score(window.tokens(), window.from()).sum();
            tokens += window.asked();
        }
        if (tokens == 0) {
            throw new EvaluationException("the text is empty");
        }
        draft.likelihoods.add(sum);
        draft.tokens.add(tokens);
        long bytes = text.getBytes(StandardCharsets.UTF_8).length;
        long words = text.strip().split("\\s+").length;
        draft.counts.addAll(List.of(bytes, words, (long) tokens));
        double bits = -sum / StrictMath.log(2) / bytes;
        draft.metrics.put("bits per byte", bits);
        return draft.result(model, List.of(), List.of(), -1, bits);
    }

    private ItemResult generate(Item item, Question.Prompt prompt) {
        Mode.Generation how = (Mode.Generation) item.task().mode();
        Draft draft = new Draft(item);
        draft.gold.addAll(prompt.references());
        double right = 0;
        for (int sample = 0; sample < how.samples(); sample++) {
            List<String> texts = write(item, prompt, how, sample);
            String raw = String.join("\n\n", texts);
            String text = how.post().apply(raw);
            Verdict verdict = how.scorer().score(new Answer(text, raw, prompt.references(), item.row()));
            draft.texts.addAll(texts);
            draft.answer = text.equals(raw) ? "" : text;
            draft.why = verdict.why();
            right += verdict.score();
            if (how.samples() == 1) {
                draft.metrics.put(how.scorer().metric(), verdict.score());
                draft.metrics.putAll(verdict.metrics());
                draft.counts.addAll(verdict.counts());
            }
        }
        if (how.samples() > 1) {
            for (int k : how.ks().isEmpty() ? List.of(1) : how.ks()) {
                draft.metrics.put("pass@" + k, PassAtK.of(how.samples(), (int) Math.round(right), k));
            }
        }
        return draft.result(model, List.of(), List.of(), -1, draft.metrics.values().iterator().next());
    }

    private List<String> write(Item item, Question.Prompt prompt, Mode.Generation how, int sample) {
        boolean chat = item.task().chat() || prompt.turns().size() > 1;
        List<Integer> ends = new ArrayList<>(List.of(tokenizer.eos()));
        if (chat) {
            ends.add(tokenizer.special("<|im_end|>"));
        }
        Sampling sampling = new Sampling(how.temperature(), how.topP(), seed(item, sample), ends);
        List<String> said = new ArrayList<>();
        List<String> texts = new ArrayList<>();
        for (String turn : prompt.turns()) {
            said.add(turn);
            int[] tokens =
                    chat
                            ? encoding.chat(prompt.system(), said, how.tokens())
                            : encoding.prompt(prompt.system() + turn, how.tokens());
            String text = write(tokens, how, sampling);
            texts.add(text);
            said.add(text);
        }
        return texts;
    }

    private String write(int[] prompt, Mode.Generation how, Sampling sampling) {
        StringBuilder text = new StringBuilder();
        TextStream stream = tokenizer.stream();
        session(prompt.length + how.tokens())
                .generate(
                        prompt,
                        how.tokens(),
                        sampling,
                        token -> {
                            if (token < tokenizer.vocabularySize()) {
                                text.append(stream.next(token));
                            }
                            return stop(text, how.stops()) < 0;
                        });
        text.append(stream.end());
        int stop = stop(text, how.stops());
        return stop < 0 ? text.toString() : text.substring(0, stop);
    }

    private static int stop(CharSequence text, List<String> stops) {
        String written = text.toString();
        return stops.stream().mapToInt(written::indexOf).filter(at -> at >= 0).min().orElse(-1);
    }

    /// A function of task, item and sample alone.
    private static long seed(Item item, int sample) {
        byte[] address = (item.task().name() + "\n" + item.id() + "\n" + sample).getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.wrap(Preparation.sha256().digest(address)).getLong();
    }

    private Scorer.Scored score(int[] tokens, int from) {
        Scorer.Scored scored = session(tokens.length).score(tokens, from);
        if (!Double.isFinite(scored.sum())) {
            throw new EvaluationException(
                    "the model gives a log-likelihood of " + scored.sum() + "; one of its weights is no number");
        }
        return scored;
    }

    /// A session with room for this many positions; the bits do not depend on how many it has.
    private LanguageModel.Session session(int needed) {
        if (session == null || needed > positions) {
            close();
            positions = Math.min(Math.max(model.context(), needed), Math.max(1024, 2 * needed));
            session = model.open(positions);
        }
        return session;
    }

    @Override
    public void close() {
        if (session != null) {
            session.close();
            session = null;
        }
    }

    private static <T> List<Double> divided(
            List<Double> likelihoods, List<T> of, java.util.function.ToIntFunction<T> length) {
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

    /// What is known of an item's result so far.
    private static final class Draft {
        private final Item item;
        private final List<Double> likelihoods = new ArrayList<>();
        private final List<Integer> tokens = new ArrayList<>();
        private final List<Boolean> greedy = new ArrayList<>();
        private final List<String> texts = new ArrayList<>();
        private final List<Object> gold = new ArrayList<>();
        private final Map<String, Double> metrics = new LinkedHashMap<>();
        private final List<Long> counts = new ArrayList<>();
        private String answer = "";
        private String why = "";

        Draft(Item item) {
            this.item = item;
        }

        void add(Scorer.Scored scored, int asked) {
            likelihoods.add(scored.sum());
            tokens.add(asked);
            greedy.add(scored.greedy());
        }

        ItemResult result(
                LanguageModel model, List<Double> unconditional, List<Double> whole, int picked, double score) {
            return new ItemResult(
                    model.name(),
                    item.task().name(),
                    item.id(),
                    item.group(),
                    item.prompt(),
                    likelihoods,
                    unconditional,
                    whole,
                    tokens,
                    greedy,
                    texts,
                    answer,
                    gold,
                    picked,
                    score,
                    metrics,
                    counts,
                    why);
        }
    }
}
