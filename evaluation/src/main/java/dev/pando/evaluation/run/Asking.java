package dev.pando.evaluation.run;

import dev.pando.evaluation.data.EvaluationException;
import dev.pando.evaluation.model.LanguageModel;
import dev.pando.training.generation.Sampling;
import dev.pando.training.generation.Scorer;
import dev.pando.training.tokenizer.TextStream;
import dev.pando.training.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.List;

/// Asks a model in this process, on one thread.
final class Asking implements Asker {
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

    @Override
    public Reply ask(Trial trial) {
        return switch (trial) {
            case Trial.Likelihoods likelihoods -> likelihoods(likelihoods);
            case Trial.Whole whole -> whole(whole.text());
            case Trial.Writing writing -> write(writing);
        };
    }

    private Reply likelihoods(Trial.Likelihoods trial) {
        List<Double> likelihoods = new ArrayList<>();
        List<Integer> tokens = new ArrayList<>();
        List<Boolean> greedy = new ArrayList<>();
        List<Double> whole = new ArrayList<>();
        for (Question.Pair pair : trial.pairs()) {
            Encoding.Encoded encoded = encoding.pair(pair);
            Scorer.Scored scored = score(encoded.tokens(), encoded.from());
            likelihoods.add(scored.sum());
            tokens.add(encoded.asked());
            greedy.add(scored.greedy());
            if (trial.whole()) {
                whole.add(score(encoded.tokens(), 1).sum() / encoded.tokens().length);
            }
        }
        List<Double> unconditional = new ArrayList<>();
        for (Question.Pair pair : trial.unconditional()) {
            Encoding.Encoded encoded = encoding.pair(pair);
            unconditional.add(score(encoded.tokens(), encoded.from()).sum());
        }
        return new Reply(likelihoods, unconditional, whole, tokens, greedy, List.of());
    }

    private Reply whole(String text) {
        double sum = 0;
        int tokens = 0;
        for (Encoding.Encoded window : encoding.windows(text)) {
            sum += score(window.tokens(), window.from()).sum();
            tokens += window.asked();
        }
        if (tokens == 0) {
            throw new EvaluationException("the text is empty");
        }
        return new Reply(List.of(sum), List.of(), List.of(), List.of(tokens), List.of(), List.of());
    }

    private Reply write(Trial.Writing trial) {
        List<Integer> ends = new ArrayList<>(List.of(tokenizer.eos()));
        if (trial.chat()) {
            ends.add(tokenizer.special("<|im_end|>"));
        }
        List<List<String>> samples = new ArrayList<>();
        for (long seed : trial.seeds()) {
            Sampling sampling = new Sampling(trial.temperature(), trial.topP(), seed, ends);
            List<String> said = new ArrayList<>();
            List<String> texts = new ArrayList<>();
            for (String turn : trial.turns()) {
                said.add(turn);
                String text = write(prompt(trial, turn, said), trial, sampling);
                texts.add(text);
                said.add(text);
            }
            samples.add(texts);
        }
        return Reply.of(samples);
    }

    private int[] prompt(Trial.Writing trial, String turn, List<String> said) {
        if (!trial.tokens().isEmpty()) {
            return trial.tokens().stream().mapToInt(each -> each).toArray();
        }
        return trial.chat()
                ? encoding.chat(trial.system(), said, trial.most())
                : encoding.prompt(trial.system() + turn, trial.most());
    }

    private String write(int[] prompt, Trial.Writing trial, Sampling sampling) {
        StringBuilder text = new StringBuilder();
        TextStream stream = tokenizer.stream();
        session(prompt.length + trial.most())
                .generate(
                        prompt,
                        trial.most(),
                        sampling,
                        token -> {
                            if (token < tokenizer.vocabularySize()) {
                                text.append(stream.next(token));
                            }
                            return stop(text, trial.stops()) < 0;
                        });
        text.append(stream.end());
        int stop = stop(text, trial.stops());
        return stop < 0 ? text.toString() : text.substring(0, stop);
    }

    private static int stop(CharSequence text, List<String> stops) {
        String written = text.toString();
        return stops.stream().mapToInt(written::indexOf).filter(at -> at >= 0).min().orElse(-1);
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
}
