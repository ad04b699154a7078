package dev.pando.evaluation.run;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.pando.evaluation.run.Question.Pair;
import dev.pando.evaluation.task.Mode;
import dev.pando.evaluation.task.Normalise;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// What a model computes for one item, free of how the answer is scored, so that it can travel to a worker process.
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Trial.Likelihoods.class, name = "likelihoods"),
    @JsonSubTypes.Type(value = Trial.Whole.class, name = "whole"),
    @JsonSubTypes.Type(value = Trial.Writing.class, name = "writing")
})
sealed interface Trial {
    /// Log-likelihoods of continuations.
    ///
    /// @param whole whether the mean over context and continuation together is wanted too
    record Likelihoods(List<Pair> pairs, List<Pair> unconditional, boolean whole) implements Trial {}

    /// Log-likelihood of a text.
    record Whole(String text) implements Trial {}

    /// Texts that the model writes.
    ///
    /// @param system before the first turn; empty: nothing
    /// @param turns one prompt, or the user's side of a conversation
    /// @param tokens the prompt as tokens; empty: it is a text
    /// @param chat whether the turns are wrapped in ChatML
    /// @param most tokens to write
    /// @param seeds one for each sample
    record Writing(
            String system,
            List<String> turns,
            List<Integer> tokens,
            boolean chat,
            int most,
            List<String> stops,
            double temperature,
            double topP,
            List<Long> seeds)
            implements Trial {}

    static Trial of(Item item) {
        return switch (item.question()) {
            case Question.Choices choices ->
                    new Likelihoods(
                            choices.pairs(),
                            choices.unconditional(),
                            item.task().mode() instanceof Mode.Choice choice && choice.normalise() == Normalise.WHOLE);
            case Question.Likelihood likelihood -> new Likelihoods(List.of(likelihood.pair()), List.of(), false);
            case Question.Whole whole -> new Whole(whole.text());
            case Question.Prompt prompt -> writing(item, prompt.system(), prompt.turns(), List.of());
            case Question.Tokens tokens -> writing(item, "", List.of(""), tokens.tokens().get());
        };
    }

    private static Trial writing(Item item, String system, List<String> turns, List<Integer> tokens) {
        Mode.Generation how = (Mode.Generation) item.task().mode();
        List<Long> seeds = new ArrayList<>();
        for (int sample = 0; sample < how.samples(); sample++) {
            seeds.add(seed(item, sample));
        }
        boolean chat = item.task().chat() || turns.size() > 1;
        return new Writing(
                system, turns, tokens, chat, how.tokens(), how.stops(), how.temperature(), how.topP(), seeds);
    }

    /// A function of task, item and sample alone.
    private static long seed(Item item, int sample) {
        byte[] address = (item.task().name() + "\n" + item.id() + "\n" + sample).getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.wrap(Preparation.sha256().digest(address)).getLong();
    }
}
