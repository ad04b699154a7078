package dev.pando.checkpoint.huggingface;

import dev.pando.checkpoint.format.Slice;
import dev.pando.training.model.ModelConfig;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// How a directory of Hugging Face names and cuts the tensors of an InternLM2 model.
public enum ModelLayout {
    /// As InternLM2 is published: query, key and value rows interleaved in one `wqkv` (report, section 2.2). Our own
    /// names.
    INTERNLM2 {
        @Override
        public List<ModelTensor> tensors(ModelConfig model) {
            List<ModelTensor> tensors = new ArrayList<>();
            long c = model.hidden();
            long i = model.intermediate();
            tensors.add(same("model.tok_embeddings.weight", model.vocabulary(), c));
            for (int layer = 0; layer < model.layers(); layer++) {
                String name = "model.layers." + layer + ".";
                tensors.add(same(name + "attention_norm.weight", c));
                tensors.add(same(name + "attention.wqkv.weight", model.qkvRows(), c));
                tensors.add(same(name + "attention.wo.weight", c, c));
                tensors.add(same(name + "ffn_norm.weight", c));
                tensors.add(same(name + "feed_forward.w1.weight", i, c));
                tensors.add(same(name + "feed_forward.w3.weight", i, c));
                tensors.add(same(name + "feed_forward.w2.weight", c, i));
            }
            tensors.add(same("model.norm.weight", c));
            tensors.add(same("output.weight", model.vocabulary(), c));
            return tensors;
        }
    },

    /// As Llama models are published, which any `transformers` loads without foreign code: three projections of their
    /// own.
    LLAMA {
        @Override
        public List<ModelTensor> tensors(ModelConfig model) {
            List<ModelTensor> tensors = new ArrayList<>();
            long c = model.hidden();
            long i = model.intermediate();
            tensors.add(same("model.embed_tokens.weight", "model.tok_embeddings.weight", model.vocabulary(), c));
            for (int layer = 0; layer < model.layers(); layer++) {
                String name = "model.layers." + layer + ".";
                tensors.add(same(name + "input_layernorm.weight", name + "attention_norm.weight", c));
                addProjections(model, name, tensors);
                tensors.add(same(name + "self_attn.o_proj.weight", name + "attention.wo.weight", c, c));
                tensors.add(same(name + "post_attention_layernorm.weight", name + "ffn_norm.weight", c));
                tensors.add(same(name + "mlp.gate_proj.weight", name + "feed_forward.w1.weight", i, c));
                tensors.add(same(name + "mlp.up_proj.weight", name + "feed_forward.w3.weight", i, c));
                tensors.add(same(name + "mlp.down_proj.weight", name + "feed_forward.w2.weight", c, i));
            }
            tensors.add(same("model.norm.weight", c));
            tensors.add(same("lm_head.weight", "output.weight", model.vocabulary(), c));
            return tensors;
        }
    };

    /// What `config.json` calls it.
    String type() {
        return name().toLowerCase(Locale.ROOT);
    }

    /// What a checkpoint must hold for a model to be written: names and shapes.
    public Map<String, List<Long>> expected(ModelConfig model) {
        Map<String, List<Long>> shapes = new LinkedHashMap<>();
        tensors(model).forEach(tensor -> shapes.put(tensor.ours(), tensor.oursShape()));
        return shapes;
    }

    /// Bytes of a model's weights in float32.
    public long bytes(ModelConfig model) {
        return tensors(model).stream().mapToLong(tensor -> tensor.slice().elements()).sum() * Float.BYTES;
    }

    /// All tensors of a model, in the order of the layers.
    public abstract List<ModelTensor> tensors(ModelConfig model);

    /// With r query heads for each key head, the rows of `wqkv` are, key head by key head: r heads of queries, one of
    /// keys, one of values, each of d rows.
    private static void addProjections(ModelConfig model, String layer, List<ModelTensor> tensors) {
        long c = model.hidden();
        long d = model.headSize();
        long r = model.heads() / model.kvHeads();
        List<Long> fused = List.of((long) model.qkvRows(), c);
        long stride = (r + 2) * d * c;
        String[] names = {"q_proj", "k_proj", "v_proj"};
        long[] firstRow = {0, r * d, (r + 1) * d};
        long[] rows = {r * d, d, d};
        for (int part = 0; part < names.length; part++) {
            tensors.add(
                    new ModelTensor(
                            layer + "self_attn." + names[part] + ".weight",
                            List.of(rows[part] * model.kvHeads(), c),
                            layer + "attention.wqkv.weight",
                            fused,
                            new Slice(firstRow[part] * c, rows[part] * c, stride, model.kvHeads())));
        }
    }

    private static ModelTensor same(String name, long... shape) {
        return same(name, name, shape);
    }

    private static ModelTensor same(String name, String ours, long... dimensions) {
        List<Long> shape = new ArrayList<>();
        for (long dimension : dimensions) {
            shape.add(dimension);
        }
        return new ModelTensor(name, List.copyOf(shape), ours, List.copyOf(shape), Slice.whole(shape));
    }
}
