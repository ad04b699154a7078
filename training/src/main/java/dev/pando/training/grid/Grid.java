package dev.pando.training.grid;

import dev.pando.training.model.ModelConfig;
import dev.pando.training.tensor.Part;
import java.util.SortedSet;
import java.util.TreeSet;

/// How finely a job's work is cut, whatever devices there are: it decides bits, and who computes what decides none.
///
/// A *leaf* is a batch shard x a sequence chunk, a [Part] is a layer block x a tensor shard, a [Cell] is (leaf, part),
/// and what crosses from one cell to another is an [Edge].
///
/// @param tensorShards U: attention groups, feed-forward columns and tokens of the head are cut among so many
/// @param sequenceChunks S, a power of two: each row of a microbatch is cut into so many runs of positions
public record Grid(int tensorShards, int sequenceChunks) {
    /// Nothing is cut.
    public static final Grid WHOLE = new Grid(1, 1);

    public Grid {
        require(tensorShards >= 1, "tensor-shards must be at least 1, not " + tensorShards);
        require(
                sequenceChunks >= 1 && Integer.bitCount(sequenceChunks) == 1,
                "sequence-chunks must be a power of two, as in 1, 2 or 4, not " + sequenceChunks);
    }

    public boolean isWhole() {
        return equals(WHOLE);
    }

    /// Refuses a grid that this model and these rows cannot be cut by.
    ///
    /// @param length T
    /// @throws IllegalArgumentException with one sentence that names the key
    public void check(ModelConfig model, int length) {
        divides(tensorShards, "tensor-shards", model.kvHeads(), "pando.job.model.kv-heads");
        divides(tensorShards, "tensor-shards", model.intermediate(), "pando.job.model.intermediate");
        require(
                tensorShards <= model.vocabulary(),
                "tensor-shards (" + tensorShards + ") must not exceed the vocabulary (" + model.vocabulary() + ")");
        divides(sequenceChunks, "sequence-chunks", length, "pando.job.batch.length");
    }

    /// Number of a leaf in a step.
    public int leaf(int batchShard, int chunk) {
        return Math.addExact(Math.multiplyExact(batchShard, sequenceChunks), chunk);
    }

    /// The chunk that a leaf has.
    public int chunk(int leaf) {
        return leaf % sequenceChunks;
    }

    /// The parts of a model. The embedding is whole: it is looked up, not summed.
    public SortedSet<Part> parts(int layers) {
        SortedSet<Part> parts = new TreeSet<>();
        parts.add(new Part(0, 0));
        for (int block = 1; block <= layers + 1; block++) {
            for (int shard = 0; shard < tensorShards; shard++) {
                parts.add(new Part(block, shard));
            }
        }
        return parts;
    }

    /// First token of a shard of the vocabulary; that of shard U is the vocabulary's end. Shards differ by one token at
    /// most.
    public int firstToken(int vocabulary, int tensorShard) {
        return Math.toIntExact((long) vocabulary * tensorShard / tensorShards);
    }

    private static void divides(int count, String key, int size, String of) {
        require(size % count == 0, key + " (" + count + ") must divide " + of + " (" + size + ")");
    }

    private static void require(boolean holds, String sentence) {
        if (!holds) {
            throw new IllegalArgumentException(sentence);
        }
    }
}
