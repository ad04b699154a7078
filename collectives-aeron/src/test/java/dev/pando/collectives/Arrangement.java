package dev.pando.collectives;

import dev.pando.training.step.ShardTree;
import dev.pando.training.step.ShardTree.Node;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/// Which member holds which subtrees: any assignment of batch shards, and within it any way to have added some already.
///
/// @param nodes of each member
public record Arrangement(ShardTree tree, List<List<Node>> nodes) {
    public static Arrangement random(int members, int shards, Random random) {
        ShardTree tree = new ShardTree(shards);
        List<BitSet> held = new ArrayList<>();
        for (int member = 0; member < members; member++) {
            held.add(new BitSet(shards));
        }
        int run = 1 + random.nextInt(3); // neighbours more or less often
        int owner = 0;
        for (int shard = 0; shard < shards; shard++) {
            owner = random.nextInt(run) == 0 ? random.nextInt(members) : owner;
            held.get(owner).set(shard);
        }
        List<List<Node>> nodes = new ArrayList<>();
        for (BitSet set : held) {
            List<Node> split = new ArrayList<>();
            tree.cover(set).forEach(node -> split(node, random, split));
            nodes.add(split);
        }
        return new Arrangement(tree, nodes);
    }

    private static void split(Node node, Random random, List<Node> into) {
        if (node.isLeaf() || random.nextInt(3) > 0) {
            into.add(random.nextBoolean() ? into.size() : 0, node); // members list their partial sums in any order
            return;
        }
        split(node.left(), random, into);
        split(node.right(), random, into);
    }

    /// The same shards, none added yet.
    Arrangement leaves() {
        return new Arrangement(
                tree,
                nodes.stream()
                        .map(held ->
                                held.stream()
                                        .flatMap(node -> IntStream.range(node.first(), node.end()).mapToObj(tree::leaf))
                                        .toList())
                        .toList());
    }

    int members() {
        return nodes.size();
    }

    /// Values whose sum depends on the order of additions.
    static float[] values(int shard, int elements) {
        Random random = new Random(31L * shard + elements);
        float[] values = new float[elements];
        for (int at = 0; at < elements; at++) {
            values[at] = (float) Math.scalb(random.nextFloat() - 0.5, random.nextInt(40) - 20);
        }
        return values;
    }

    /// The sum of a node, one shard after the other along the tree.
    public static float[] sum(Node node, int elements) {
        if (node.isLeaf()) {
            return values(node.first(), elements);
        }
        float[] left = sum(node.left(), elements);
        float[] right = sum(node.right(), elements);
        for (int at = 0; at < elements; at++) {
            left[at] += right[at];
        }
        return left;
    }
}
