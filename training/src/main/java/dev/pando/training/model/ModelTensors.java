package dev.pando.training.model;

import dev.pando.training.tensor.TensorTable;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.stream.IntStream;

/// A span of the model's whole table, weights or gradients, tensor by tensor, under the names that formulas use.
///
/// @param embedding V C
/// @param norm C, the last one
/// @param head V C, not tied to the embedding
public record ModelTensors(MemorySegment embedding, List<Layer> layers, MemorySegment norm, MemorySegment head) {
    /// One transformer layer. F is the width of the feed-forward layer, D the size of a head.
    ///
    /// @param wqkv (H + 2 K) D x C; for each of the K groups its queries, its key, its value
    /// @param wo C x C
    /// @param w1 F x C, the gate
    /// @param w3 F x C, up
    /// @param w2 C x F, down
    /// @param attentionNorm C
    /// @param ffnNorm C
    public record Layer(
            MemorySegment wqkv,
            MemorySegment wo,
            MemorySegment w1,
            MemorySegment w3,
            MemorySegment w2,
            MemorySegment attentionNorm,
            MemorySegment ffnNorm) {}

    public ModelTensors {
        layers = List.copyOf(layers);
    }

    /// Declares the model's tensors: names and shapes of the Hugging Face checkpoint, layer by layer. Each layer is a
    /// part, between that of the embedding and that of the last norm and the head.
    public static TensorTable table(ModelConfig model) {
        int c = model.hidden();
        int f = model.intermediate();
        TensorTable.Builder table = new TensorTable.Builder();
        table.add("model.tok_embeddings.weight", model.vocabulary(), c);
        for (int l = 0; l < model.layers(); l++) {
            table.part(1 + l, 0)
                    .add(name(l, "attention.wqkv"), model.qkvRows(), c)
                    .add(name(l, "attention.wo"), c, c)
                    .add(name(l, "feed_forward.w1"), f, c)
                    .add(name(l, "feed_forward.w3"), f, c)
                    .add(name(l, "feed_forward.w2"), c, f)
                    .add(name(l, "attention_norm"), c)
                    .add(name(l, "ffn_norm"), c);
        }
        return table.part(model.layers() + 1, 0)
                .add("model.norm.weight", c)
                .add("output.weight", model.vocabulary(), c)
                .build();
    }

    /// The tensors in a span of the whole table.
    public static ModelTensors of(TensorTable table, ModelConfig model, MemorySegment span) {
        List<Layer> layers =
                IntStream.range(0, model.layers())
                        .mapToObj(l ->
                                new Layer(
                                        table.get(name(l, "attention.wqkv")).in(span),
                                        table.get(name(l, "attention.wo")).in(span),
                                        table.get(name(l, "feed_forward.w1")).in(span),
                                        table.get(name(l, "feed_forward.w3")).in(span),
                                        table.get(name(l, "feed_forward.w2")).in(span),
                                        table.get(name(l, "attention_norm")).in(span),
                                        table.get(name(l, "ffn_norm")).in(span)))
                        .toList();
        return new ModelTensors(
                table.get("model.tok_embeddings.weight").in(span),
                layers,
                table.get("model.norm.weight").in(span),
                table.get("output.weight").in(span));
    }

    private static String name(int layer, String tensor) {
        return "model.layers." + layer + "." + tensor + ".weight";
    }
}
