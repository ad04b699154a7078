package dev.pando.training.grid;

import dev.pando.training.model.ModelConfig;
import dev.pando.training.ops.AttentionShape;
import dev.pando.training.ops.CutOps;
import dev.pando.training.tensor.Memory;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/// What one sequence chunk's cells work in and keep for the backward pass; n positions. Allocated once.
///
/// @param ids n int32; likewise labels
/// @param documents as [CutOps#cutDocuments] gives them, relative; `within` the bounded ones
/// @param x n C of each block that has one, from 0 on
/// @param scales n of the norm of each x
/// @param layers layer by layer
/// @param input n C, the latest norm
/// @param dx n C, the gradient of the residual stream
/// @param sums n C of each tensor shard
/// @param statistics of a run of rows, of each tensor shard
/// @param pairs gradients of queries, keys and values, by chunk of keys and tensor shard
record ChunkMemory(
        MemorySegment ids,
        MemorySegment labels,
        MemorySegment documents,
        MemorySegment within,
        List<MemorySegment> x,
        List<MemorySegment> scales,
        List<Layer> layers,
        MemorySegment input,
        MemorySegment dx,
        List<MemorySegment> sums,
        List<MemorySegment> statistics,
        List<MemorySegment> pairs) {
    /// @param middle n C, the residual stream between attention and feed-forward
    /// @param middleScale n
    record Layer(MemorySegment middle, MemorySegment middleScale, List<Shard> shards) {}

    /// What a tensor shard keeps of a layer.
    ///
    /// @param qkv n x width of its groups, rotated
    /// @param attended n C/U
    /// @param logSumExp n H/U
    /// @param gate n F/U; receives its gradient
    /// @param up likewise
    record Shard(
            MemorySegment qkv, MemorySegment attended, MemorySegment logSumExp, MemorySegment gate, MemorySegment up) {}

    /// @param run rows of the head that go together
    static ChunkMemory of(ModelConfig model, Grid grid, int chunk, AttentionShape shape, int run, Memory memory) {
        Named named = new Named(memory, shape.n(), ", chunk " + chunk);
        int c = model.hidden();
        int f = model.intermediate() / grid.tensorShards();
        IntFunction<Shard> shard =
                _ ->
                        new Shard(
                                named.floats("qkv", shape.qkvWidth()),
                                named.floats("attended", shape.width()),
                                named.floats("log-sum-exp", shape.heads()),
                                named.floats("gate", f),
                                named.floats("up", f));
        return new ChunkMemory(
                named.ints("ids"),
                named.ints("labels"),
                named.ints("documents"),
                named.ints("documents within"),
                list(model.layers() + 1, _ -> named.floats("residual stream", c)),
                list(model.layers() + 1, _ -> named.floats("norm scale", 1)),
                list(
                        model.layers(),
                        _ ->
                                new Layer(
                                        named.floats("middle of the residual stream", c),
                                        named.floats("middle norm scale", 1),
                                        list(grid.tensorShards(), shard))),
                named.floats("norm", c),
                named.floats("residual gradient", c),
                list(grid.tensorShards(), _ -> named.floats("sum of a tensor shard", c)),
                list(
                        grid.tensorShards(),
                        _ -> memory.allocate("logits: statistics", (long) run * CutOps.STATISTICS_BYTES)),
                list((chunk + 1) * grid.tensorShards(), _ -> named.floats("qkv gradient", shape.qkvWidth())));
    }

    private static <T> List<T> list(int count, IntFunction<T> each) {
        return IntStream.range(0, count).mapToObj(each).toList();
    }

    private record Named(Memory memory, int n, String suffix) {
        MemorySegment floats(String name, long width) {
            return memory.allocate("activations: " + name + suffix, Math.multiplyExact((long) n, width) * Float.BYTES);
        }

        MemorySegment ints(String name) {
            return memory.allocate("tokens: " + name + suffix, (long) n * Integer.BYTES);
        }
    }
}
