package dev.pando.checkpoint.huggingface;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.training.model.RopeScaling;
import java.util.Map;
import java.util.Set;

/// The `rope_scaling` of a `config.json`, which `transformers` calls `rope_parameters` since version 5.
final class RopeJson {
    private static final String POSITIONS = "original_max_position_embeddings";

    /// The keys of each kind that is supported, besides its name and the base.
    private static final Map<String, Set<String>> KEYS =
            Map.of(
                    "default", Set.of(),
                    "linear", Set.of("factor"),
                    "dynamic", Set.of("factor", POSITIONS),
                    "llama3", Set.of("factor", "low_freq_factor", "high_freq_factor", POSITIONS));

    private RopeJson() {}

    /// @throws IllegalArgumentException going on from `config.json `
    static RopeScaling read(JsonNode config) {
        JsonNode old = config.path("rope_scaling");
        String key = old.isObject() ? "rope_scaling" : "rope_parameters";
        JsonNode json = config.path(key);
        if (json.isMissingNode() || json.isNull()) {
            return RopeScaling.none();
        }
        String type = json.path("rope_type").asText(json.path("type").asText("default"));
        Set<String> keys = KEYS.get(type);
        if (keys == null) {
            throw new IllegalArgumentException(
                    "says " + key + " of type " + type + "; linear, dynamic and llama3 are supported");
        }
        for (Map.Entry<String, JsonNode> entry : json.properties()) {
            boolean known = Set.of("type", "rope_type", "rope_theta").contains(entry.getKey());
            if (!known && !keys.contains(entry.getKey()) && !entry.getValue().isNull()) {
                throw new IllegalArgumentException(
                        "says " + key + "." + entry.getKey() + ", which is not supported with the type " + type);
            }
        }
        return switch (type) {
            case "linear" -> new RopeScaling.Linear(number(json, key, "factor"));
            case "dynamic" ->
                    new RopeScaling.Dynamic(
                            number(json, key, "factor"),
                            json.hasNonNull(POSITIONS)
                                    ? (int) number(json, key, POSITIONS)
                                    : (int) number(config, "", "max_position_embeddings"));
            case "llama3" ->
                    new RopeScaling.Llama3(
                            number(json, key, "factor"),
                            number(json, key, "low_freq_factor"),
                            number(json, key, "high_freq_factor"),
                            (int) number(json, key, POSITIONS));
            default -> RopeScaling.none();
        };
    }

    /// Adds `rope_scaling` to a config.
    static void write(RopeScaling scaling, ObjectNode config) {
        if (scaling instanceof RopeScaling.None) {
            config.putNull("rope_scaling");
            return;
        }
        ObjectNode json = config.putObject("rope_scaling");
        switch (scaling) {
            case RopeScaling.None _ -> {}
            case RopeScaling.Linear(double factor) -> kind(json, "linear").put("factor", factor);
            case RopeScaling.Dynamic(double factor, int positions) -> {
                kind(json, "dynamic").put("factor", factor);
                config.put("max_position_embeddings", positions);
            }
            case RopeScaling.Llama3(double factor, double low, double high, int positions) ->
                    kind(json, "llama3")
                            .put("factor", factor)
                            .put("low_freq_factor", low)
                            .put("high_freq_factor", high)
                            .put(POSITIONS, positions);
        }
    }

    /// Under both names: older code of InternLM2 reads the first, `transformers` the second.
    private static ObjectNode kind(ObjectNode json, String type) {
        return json.put("type", type).put("rope_type", type);
    }

    private static double number(JsonNode json, String group, String key) {
        JsonNode node = json.path(key);
        if (!node.isNumber()) {
            throw new IllegalArgumentException("lacks " + (group.isEmpty() ? "" : group + ".") + key);
        }
        return node.asDouble();
    }
}
