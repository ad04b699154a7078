package dev.pando.training.ops;

import java.lang.foreign.MemorySegment;
import java.util.List;

/// The operators that a cut grid needs besides [Ops]: products with some columns of a weight, attention to an earlier
/// sequence chunk, and cross-entropy over a shard of the vocabulary. Letters and rules as in [Ops].
///
/// Every result is a function of its operands alone, so that it has the same bits on any device of a kind.
public interface CutOps {
    /// `y = x slice^T`, where `slice` is `in` neighbouring columns of a weight that is `stride` wide.
    ///
    /// | x | slice | y |
    /// | --- | --- | --- |
    /// | N in | out rows, `stride` apart, `in` of each | N out |
    void linear(MemorySegment x, MemorySegment slice, int stride, MemorySegment y, int n, int in, int out);

    /// `dx = dy slice`.
    void linearBackward(MemorySegment dy, MemorySegment slice, int stride, MemorySegment dx, int n, int in, int out);

    /// `dslice += dy^T x`.
    void linearGradient(MemorySegment dy, MemorySegment x, MemorySegment dslice, int stride, int n, int in, int out);

    /// Attention of a chunk's queries to the keys of an earlier chunk alone. A query that sees none of them has output
    /// 0 and log-sum-exp minus infinity.
    ///
    /// | qkv, earlier | documents | out | logSumExp |
    /// | --- | --- | --- | --- |
    /// | as in [Ops#rotate], one chunk each | N int32, relative to the queries' chunk, so below 0 where older | N C | N H |
    ///
    /// @param distance positions from the beginning of the earlier chunk to that of the queries'
    void attendEarlier(
            MemorySegment qkv,
            MemorySegment earlier,
            MemorySegment documents,
            int distance,
            MemorySegment out,
            MemorySegment logSumExp,
            AttentionShape shape);

    /// Joins attention to two sets of keys: `out = (x out + y other) / (x + y)` with `x = e^(lse - m)`, `y = e^(lse' -
    /// m)`, `m = max(lse, lse')`, and `lse = m + log(x + y)` (FlashAttention, Dao et al.). A query that sees nothing in
    /// one of them has the numbers of the other, untouched.
    void attendMerge(
            MemorySegment out,
            MemorySegment logSumExp,
            MemorySegment other,
            MemorySegment otherLogSumExp,
            AttentionShape shape);

    /// Overwrites `dqkv`: its query slots with the gradient of the chunk's queries, its key and value slots with that
    /// of the earlier chunk's keys and values.
    ///
    /// @param out of all keys that the queries see, merged; likewise `logSumExp`
    void attendEarlierBackward(
            MemorySegment dout,
            MemorySegment qkv,
            MemorySegment earlier,
            MemorySegment documents,
            int distance,
            MemorySegment out,
            MemorySegment logSumExp,
            MemorySegment dqkv,
            AttentionShape shape);

    /// `target += source` in the query slots alone.
    void addQueries(MemorySegment target, MemorySegment source, AttentionShape shape);

    /// `target += source` in the slots of keys and values alone.
    void addKeysAndValues(MemorySegment target, MemorySegment source, AttentionShape shape);

    /// What a vocabulary shard says of each row: logits become exponentials below their own maximum.
    ///
    /// | logits | labels | statistics |
    /// | --- | --- | --- |
    /// | N V of the shard | N int32 of the whole vocabulary | N float64 triples: maximum, sum of exponentials, logit of the label (infinity where another shard has it) |
    ///
    /// @param first token of the shard
    void crossEntropyShard(
            MemorySegment logits, MemorySegment labels, int first, MemorySegment statistics, int n, int v);

    /// Exponentials become the gradient of the summed cross-entropy, by the statistics of all shards: sums of
    /// exponentials are added along the tree over shard numbers, in float64.
    ///
    /// @param shard whose exponentials these are
    /// @param first token of the shard
    /// @param total as in [Ops#crossEntropy]; added to by shard 0 alone
    void crossEntropyGradient(
            MemorySegment exponentials,
            MemorySegment labels,
            List<MemorySegment> statistics,
            int shard,
            int first,
            MemorySegment total,
            int n,
            int v);

    /// Bytes that the statistics of a row need.
    int STATISTICS_BYTES = 3 * Double.BYTES;

    /// Columns `[first, first + count)` of every row of int32.
    ///
    /// @param from B x length
    /// @param to B x count
    void cutRows(MemorySegment from, MemorySegment to, int rows, int length, int first, int count);

    /// Beginnings of documents as a chunk sees them.
    ///
    /// @param documents B x length int32, see `Sampler.Microbatch`
    /// @param relative B x count, receives them as positions of the chunk, below 0 where the document is older
    /// @param within B x count, receives the same and 0 where the document is older
    void cutDocuments(
            MemorySegment documents,
            MemorySegment relative,
            MemorySegment within,
            int rows,
            int length,
            int first,
            int count);
}
