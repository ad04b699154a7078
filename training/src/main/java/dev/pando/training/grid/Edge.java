package dev.pando.training.grid;

/// The name of a tensor that crosses from one cell to others: its value is a pure function of the job's config and the
/// step, so that any copy of it is as good as any other, whoever made it.
///
/// @param step number of the step
/// @param leaf whose positions it has
/// @param microbatch of the batch shard
/// @param block that it belongs to
/// @param index which of several: the tensor shard, and for some kinds more
public record Edge(long step, int leaf, int microbatch, int block, Kind kind, int index) {
    /// What an edge carries. N positions of a chunk, C the width of the residual stream.
    public enum Kind {
        /// N C: the residual stream that leaves a block.
        X,
        /// N C: the norm that a layer's attention reads, or the head.
        INPUT,
        /// N C: the norm that a layer's feed-forward reads.
        FEED_INPUT,
        /// Queries, keys and values of a tensor shard; later chunks read the keys and values.
        KV,
        /// N C: what a tensor shard's attention adds to the residual stream, before the sum over shards.
        SUM,
        /// N C: the same of its feed-forward.
        FEED_SUM,
        /// What a vocabulary shard says of a run of rows; index is `run * U + u`.
        STATISTICS,
        /// N C: gradient of [#X].
        DX,
        /// N C: gradient of the residual stream between attention and feed-forward.
        DMIDDLE,
        /// N C: gradient of [#INPUT] by a tensor shard, before the sum; in the head a run of rows, index `run * U + u`.
        DSUM,
        /// N C: gradient of [#FEED_INPUT], likewise.
        FEED_DSUM,
        /// Gradient of queries, keys and values by a pair of chunks; index is `chunk of the keys * U + u`.
        DKV
    }

    /// The same edge of another microbatch.
    public Edge in(Grid grid, long step, int batchShard, int microbatch) {
        return new Edge(step, grid.leaf(batchShard, grid.chunk(leaf)), microbatch, block, kind, index);
    }
}
