package dev.pando.checkpoint.huggingface;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.training.model.ModelConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The JSON files of a model directory, as `transformers` reads and writes them.
final class ModelJson {
    private static final ObjectMapper JSON = new ObjectMapper();

    /// Where the code of InternLM2 is that `transformers` does not bring itself.
    private static final String CODE = "internlm/internlm2-1_8b--";

    private ModelJson() {}

    /// A config that says of the model what it said when it came, but for what the export changes; or all of it.
    static byte[] config(ModelExport export) {
        ModelConfig model = export.model();
        Optional<ObjectNode> origin = export.origin().map(ModelOrigin::config);
        ObjectNode json = origin.orElseGet(JSON::createObjectNode);
        if (!json.path("model_type").asText().equals(export.layout().type())) {
            architecture(model, export.layout(), json);
        }
        if (origin.isEmpty()) {
            shape(model, json);
            json.put("bos_token_id", export.tokens().begin());
            json.put("eos_token_id", export.tokens().end());
            json.put("pad_token_id", export.tokens().pad());
            json.put("max_position_embeddings", export.positions());
            RopeJson.write(model.ropeScaling(), json);
        } else if (!model.ropeScaling().followsLength()
                && json.path("max_position_embeddings").asInt() < export.positions()) {
            json.put("max_position_embeddings", export.positions());
        }
        json.put(json.has("dtype") ? "dtype" : "torch_dtype", export.precision().torchName());
        return text(json);
    }

    private static void architecture(ModelConfig model, ModelLayout layout, ObjectNode json) {
        json.remove(List.of("auto_map", "attn_implementation", "bias", "attention_bias", "mlp_bias", "head_dim"));
        ArrayNode architectures = json.putArray("architectures");
        json.put("model_type", layout.type());
        switch (layout) {
            case INTERNLM2 -> {
                architectures.add("InternLM2ForCausalLM");
                ObjectNode code = json.putObject("auto_map");
                code.put("AutoConfig", CODE + "configuration_internlm2.InternLM2Config");
                code.put("AutoModel", CODE + "modeling_internlm2.InternLM2ForCausalLM");
                code.put("AutoModelForCausalLM", CODE + "modeling_internlm2.InternLM2ForCausalLM");
                json.put("attn_implementation", "eager");
                json.put("bias", false);
            }
            case LLAMA -> {
                architectures.add("LlamaForCausalLM");
                json.put("attention_bias", false);
                json.put("mlp_bias", false);
                json.put("head_dim", model.headSize());
            }
        }
    }

    private static void shape(ModelConfig model, ObjectNode json) {
        json.put("hidden_act", "silu");
        json.put("hidden_size", model.hidden());
        json.put("initializer_range", 0.02);
        json.put("intermediate_size", model.intermediate());
        json.put("num_attention_heads", model.heads());
        json.put("num_hidden_layers", model.layers());
        json.put("num_key_value_heads", model.kvHeads());
        json.put("rms_norm_eps", model.normEpsilon());
        json.put("rope_theta", model.ropeTheta());
        json.put("tie_word_embeddings", false);
        json.put("use_cache", true);
        json.put("vocab_size", model.vocabulary());
    }

    static byte[] generation(ModelTokens tokens) {
        ObjectNode json = JSON.createObjectNode();
        json.put("_from_model_config", true);
        json.put("bos_token_id", tokens.begin());
        json.put("eos_token_id", tokens.end());
        json.put("pad_token_id", tokens.pad());
        return text(json);
    }

    /// @param bytes of all tensors
    /// @param fileOf names the file of each tensor
    static byte[] index(long bytes, Map<String, String> fileOf) {
        ObjectNode json = JSON.createObjectNode();
        json.putObject("metadata").put("total_size", bytes);
        ObjectNode map = json.putObject("weight_map");
        fileOf.forEach(map::put);
        return text(json);
    }

    private static byte[] text(ObjectNode json) {
        return (json.toPrettyString() + "\n").getBytes(StandardCharsets.UTF_8);
    }

    /// @throws IOException if it is no JSON
    static JsonNode parse(byte[] text) throws IOException {
        return JSON.readTree(text);
    }

    /// The shape that a config.json describes.
    ///
    /// @throws IllegalArgumentException going on from `config.json `
    static ModelConfig model(JsonNode json) {
        ModelKeys.check(json);
        forbid(json, "bias");
        forbid(json, "attention_bias");
        forbid(json, "mlp_bias");
        forbid(json, "tie_word_embeddings");
        String activation = json.path("hidden_act").asText("silu");
        if (!activation.equals("silu")) {
            throw new IllegalArgumentException("says hidden_act " + activation + "; InternLM2 has silu");
        }
        int hidden = size(json, "hidden_size");
        int heads = size(json, "num_attention_heads");
        if (json.path("head_dim").isNumber() && json.path("head_dim").asInt() * heads != hidden) {
            throw new IllegalArgumentException(
                    "says head_dim "
                            + json.path("head_dim").asInt()
                            + ", which is not hidden_size / num_attention_heads");
        }
        return new ModelConfig(
                size(json, "vocab_size"),
                hidden,
                size(json, "num_hidden_layers"),
                heads,
                json.path("num_key_value_heads").isNumber() ? size(json, "num_key_value_heads") : heads,
                size(json, "intermediate_size"),
                theta(json),
                number(json.path("rms_norm_eps"), "rms_norm_eps"),
                RopeJson.read(json));
    }

    /// Where it stands in the files of old, and where `transformers` puts it since version 5.
    private static double theta(JsonNode json) {
        JsonNode theta = json.path("rope_theta");
        return number(theta.isNumber() ? theta : json.path("rope_parameters").path("rope_theta"), "rope_theta");
    }

    /// The class defaults are not those of any published model, so what is missing is not guessed.
    private static double number(JsonNode node, String key) {
        if (!node.isNumber()) {
            throw new IllegalArgumentException("lacks " + key);
        }
        return node.asDouble();
    }

    private static int size(JsonNode json, String key) {
        JsonNode node = json.path(key);
        if (!node.canConvertToInt() || node.asInt() < 1) {
            throw new IllegalArgumentException(node.isMissingNode() ? "lacks " + key : "says " + key + " " + node);
        }
        return node.asInt();
    }

    private static void forbid(JsonNode json, String key) {
        if (json.path(key).asBoolean(false)) {
            throw new IllegalArgumentException("says " + key + " true, which InternLM2 does not have");
        }
    }
}
