package dev.pando.evaluation.run;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.List;

/// What a model computed for one item, before it is scored.
///
/// @param likelihoods of each continuation or of the text, in nats
/// @param unconditional the same without the context, where the trial wants it
/// @param whole mean over context and continuation, where the trial wants it
/// @param tokens of each continuation or of the text
/// @param greedy whether each continuation is what the model would have written
/// @param texts of each sample, turn by turn
@JsonInclude(JsonInclude.Include.NON_EMPTY)
record Reply(
        List<Double> likelihoods,
        List<Double> unconditional,
        List<Double> whole,
        List<Integer> tokens,
        List<Boolean> greedy,
        List<List<String>> texts) {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    Reply {
        likelihoods = likelihoods == null ? List.of() : List.copyOf(likelihoods);
        unconditional = unconditional == null ? List.of() : List.copyOf(unconditional);
        whole = whole == null ? List.of() : List.copyOf(whole);
        tokens = tokens == null ? List.of() : List.copyOf(tokens);
        greedy = greedy == null ? List.of() : List.copyOf(greedy);
        texts = texts == null ? List.of() : List.copyOf(texts);
    }

    static Reply of(List<List<String>> texts) {
        return new Reply(List.of(), List.of(), List.of(), List.of(), List.of(), texts);
    }

    /// A reply that lies in the items' file because its score takes long.
    record Pending(String model, String task, String id, String prompt, Reply reply) {
        static final String BEGIN = "{\"pending\":";

        String line() {
            try {
                return BEGIN + JSON.writeValueAsString(this) + "}";
            } catch (JsonProcessingException impossible) {
                throw new AssertionError("a record of numbers and texts is JSON", impossible);
            }
        }

        static Pending parse(String line) throws JsonProcessingException {
            return JSON.treeToValue(JSON.readTree(line).path("pending"), Pending.class);
        }
    }
}
