package dev.pando.checkpoint.huggingface;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.Set;

/// Which keys of a `config.json` are understood: a key that may change what a model computes, and is not understood, is
/// refused by name.
final class ModelKeys {
    /// Keys that [ModelJson] reads, or that only say how a model is stored, loaded, initialized or used.
    private static final Set<String> KNOWN =
            Set.of(
                    ("_attn_implementation _name_or_path add_cross_attention architectures attention_bias"
                                    + " attn_implementation auto_map begin_suppress_tokens bias bos_token_id"
                                    + " chunk_size_feed_forward dtype eos_token_id finetuning_task head_dim hidden_act"
                                    + " hidden_size id2label initializer_range intermediate_size is_decoder"
                                    + " is_encoder_decoder label2id max_position_embeddings mlp_bias model_type"
                                    + " num_attention_heads num_hidden_layers num_key_value_heads output_attentions"
                                    + " output_hidden_states pad_token_id prefix pretraining_tp problem_type"
                                    + " return_dict rms_norm_eps rope_parameters rope_scaling rope_theta"
                                    + " sep_token_id task_specific_params tie_word_embeddings tokenizer_class"
                                    + " torch_dtype transformers_version use_cache vocab_size")
                            .split(" "));

    /// What other keys say where they change nothing.
    private static final Map<String, Double> NEUTRAL = Map.of("attention_dropout", 0.0, "partial_rotary_factor", 1.0);

    private ModelKeys() {}

    /// @throws IllegalArgumentException going on from `config.json `
    static void check(JsonNode json) {
        for (Map.Entry<String, JsonNode> entry : json.properties()) {
            JsonNode value = entry.getValue();
            boolean known = KNOWN.contains(entry.getKey());
            boolean off = value.isNull() || value.isBoolean() && !value.asBoolean();
            boolean neutral = value.isNumber() && value.asDouble() == NEUTRAL.getOrDefault(entry.getKey(), Double.NaN);
            if (!known && !off && !neutral) {
                throw new IllegalArgumentException(
                        "says "
                                + entry.getKey()
                                + " "
                                + shortened(value)
                                + ", which is not supported: it may change what the model computes");
            }
        }
    }

    private static String shortened(JsonNode value) {
        String text = value.toString();
        return text.length() <= 60 ? text : text.substring(0, 60) + "…";
    }
}
