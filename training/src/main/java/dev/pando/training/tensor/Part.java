package dev.pando.training.tensor;

import java.util.Comparator;

/// A piece of a model that one device can hold alone: the unit in which norms are formed, optimizer state is cut, and
/// work can be divided among pipeline stages.
///
/// @param block 0 the embedding, 1 to L the layers, L + 1 the last norm and the head
/// @param tensorShard which of the block's tensor shards; 0 where a block is whole
public record Part(int block, int tensorShard) implements Comparable<Part> {
    private static final Comparator<Part> ORDER =
            Comparator.comparingInt(Part::block).thenComparingInt(Part::tensorShard);

    public Part {
        if (block < 0 || tensorShard < 0) {
            throw new IllegalArgumentException("block and tensor shard count from 0");
        }
    }

    /// Block by block, within a block shard by shard: the order in which sums over parts are formed.
    @Override
    public int compareTo(Part other) {
        return ORDER.compare(this, other);
    }
}
