package dev.pando.training.step;

import java.lang.foreign.MemorySegment;

/// The training data as a pure function: any worker can fetch any microbatch, twice, and get the same tokens.
///
/// Thread-safe.
public interface Sampler {
    /// Fetches one microbatch: B rows of T positions.
    ///
    /// @param step number of the step
    /// @param microbatch number within the step, over all batch shards: `shard * microbatchesPerShard + i`
    /// @param into overwritten
    void fetch(long step, long microbatch, Microbatch into);

    /// Digest of all that decides the tokens: the corpus, the tokenizer, the packing and the seed.
    String digest();

    /// A microbatch's buffers, all int32 of B x T, row-major.
    ///
    /// @param ids tokens
    /// @param labels the token that each position has to predict, or [#IGNORE]; already shifted
    /// @param documents start of the document that a position belongs to, as a position within its row: a position
    ///   attends to `[documents[t], t]`, and its rotary position is `t - documents[t]`
    record Microbatch(int rows, int length, MemorySegment ids, MemorySegment labels, MemorySegment documents) {
        /// Label of a position that does not count.
        public static final int IGNORE = -100;
    }
}
