package dev.pando.training.grid;

import dev.pando.training.model.ModelConfig;
import dev.pando.training.model.ModelTensors;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.stream.IntStream;

/// A span of the model's whole table as tensor shards see it. Nothing is moved: shards are rows of `wqkv`, `w1`, `w3`
/// and the head, and columns of `wo` and `w2`; see [Grid].
///
/// @param whole tensors that are not cut, and those that are
/// @param layers shard by shard, for each layer
/// @param head shard by shard: the rows of its tokens
record GridTensors(ModelTensors whole, List<List<Shard>> layers, List<MemorySegment> head) {
    /// One layer's tensors of one shard.
    ///
    /// @param wqkv rows of its groups
    /// @param wo from its first column on; rows are C apart
    /// @param w1 its rows
    /// @param w3 its rows
    /// @param w2 from its first column on; rows are F apart
    record Shard(MemorySegment wqkv, MemorySegment wo, MemorySegment w1, MemorySegment w3, MemorySegment w2) {}

    GridTensors {
        layers = layers.stream().map(List::copyOf).toList();
        head = List.copyOf(head);
    }

    static GridTensors of(ModelTensors whole, ModelConfig model, Grid grid) {
        int shards = grid.tensorShards();
        List<List<Shard>> layers =
                whole.layers().stream()
                        .map(layer -> IntStream.range(0, shards).mapToObj(u -> shard(layer, model, shards, u)).toList())
                        .toList();
        List<MemorySegment> head =
                IntStream.range(0, shards)
                        .mapToObj(u -> {
                            int first = grid.firstToken(model.vocabulary(), u);
                            int count = grid.firstToken(model.vocabulary(), u + 1) - first;
                            return rows(whole.head(), first, count, model.hidden());
                        })
                        .toList();
        return new GridTensors(whole, layers, head);
    }

    private static Shard shard(ModelTensors.Layer layer, ModelConfig model, int shards, int u) {
        int c = model.hidden();
        int qkv = model.qkvRows() / shards;
        int f = model.intermediate() / shards;
        return new Shard(
                rows(layer.wqkv(), (long) u * qkv, qkv, c),
                layer.wo().asSlice((long) u * c / shards * Float.BYTES),
                rows(layer.w1(), (long) u * f, f, c),
                rows(layer.w3(), (long) u * f, f, c),
                layer.w2().asSlice((long) u * f * Float.BYTES));
    }

    private static MemorySegment rows(MemorySegment span, long from, long count, long width) {
        return span.asSlice(from * width * Float.BYTES, count * width * Float.BYTES);
    }
}
