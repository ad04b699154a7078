package dev.pando.evaluation.run;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.List;
import java.util.Map;

/// What a model answered to one question, and how good that was: a line of the items' file. A function of model and
/// task alone, so it holds no time.
///
/// @param prompt hash of what the model was shown
/// @param likelihoods of choices or of the continuation, in nats: sums of log-probabilities
/// @param unconditional the same without the prompt, where the task asks for it
/// @param whole mean log-probability of prompt and choice together, where the task asks for it
/// @param tokens of each of them
/// @param greedy whether each continuation is what the model would have written
/// @param texts that the model wrote; a conversation's, turn by turn
/// @param answer the text that was scored, after post-processing, where it is another
/// @param gold places of right choices, or what would have been right
/// @param picked place of the choice that counts; -1: not asked
/// @param score from 0 to 1; of a perplexity, bits per byte
/// @param metrics by name
/// @param counts what metrics of a whole task add up
/// @param why what went wrong, for a reader
@JsonPropertyOrder({
    "model",
    "task",
    "id",
    "group",
    "prompt",
    "likelihoods",
    "unconditional",
    "whole",
    "tokens",
    "greedy",
    "texts",
    "answer",
    "gold",
    "picked",
    "score",
    "metrics",
    "counts",
    "why"
})
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record ItemResult(
        String model,
        String task,
        String id,
        String group,
        String prompt,
        List<Double> likelihoods,
        List<Double> unconditional,
        List<Double> whole,
        List<Integer> tokens,
        List<Boolean> greedy,
        List<String> texts,
        String answer,
        List<Object> gold,
        int picked,
        double score,
        Map<String, Double> metrics,
        List<Long> counts,
        String why) {
    private static final JsonMapper JSON =
            JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();

    public ItemResult {
        likelihoods = likelihoods == null ? List.of() : List.copyOf(likelihoods);
        unconditional = unconditional == null ? List.of() : List.copyOf(unconditional);
        whole = whole == null ? List.of() : List.copyOf(whole);
        tokens = tokens == null ? List.of() : List.copyOf(tokens);
        greedy = greedy == null ? List.of() : List.copyOf(greedy);
        texts = texts == null ? List.of() : List.copyOf(texts);
        gold = gold == null ? List.of() : List.copyOf(gold);
        metrics =
                metrics == null
                        ? Map.of()
                        : java.util.Collections.unmodifiableMap(new java.util.LinkedHashMap<>(metrics));
        counts = counts == null ? List.of() : List.copyOf(counts);
        group = group == null ? "" : group;
        answer = answer == null ? "" : answer;
        why = why == null ? "" : why;
    }

    /// One line of JSON, without its end.
    String line() {
        try {
            return JSON.writeValueAsString(this);
        } catch (JsonProcessingException impossible) {
            throw new AssertionError("a record of numbers and texts is JSON", impossible);
        }
    }

    /// @throws JsonProcessingException if it is not JSON
    static ItemResult parse(String line) throws JsonProcessingException {
        return JSON.readValue(line, ItemResult.class);
    }
}
