package dev.pando.training.grid;

import dev.pando.training.tensor.Part;
import java.util.List;

/// One thing that a cell does in a microbatch, between edges that it reads and edges that it writes.
///
/// @param chunk of the sequence
/// @param block see [Part]
/// @param tensorShard of the block; 0 also does what the block has once: norms, and sums over shards
/// @param run of rows that go through the head together; else 0
/// @param reads edges of this microbatch, as it is numbered in step 0, batch shard 0, microbatch 0
/// @param writes likewise
public record Action(Task task, int chunk, int block, int tensorShard, int run, List<Edge> reads, List<Edge> writes) {
    /// In the order in which a cell does them.
    public enum Task {
        EMBED,
        INPUT_NORM,
        QKV,
        ATTEND,
        MIDDLE,
        FEED,
        OUTPUT,
        LOGITS,
        LOSS,
        HEAD_BACKWARD,
        FEED_BACKWARD,
        FEED_NORM_BACKWARD,
        FEED_GRADIENT,
        ATTEND_BACKWARD,
        QKV_BACKWARD,
        INPUT_NORM_BACKWARD,
        QKV_GRADIENT,
        EMBED_BACKWARD
    }

    public Action {
        reads = List.copyOf(reads);
        writes = List.copyOf(writes);
    }

    /// The cell that does it, in batch shard 0.
    public Cell cell() {
        return new Cell(chunk, new Part(block, tensorShard));
    }
}
