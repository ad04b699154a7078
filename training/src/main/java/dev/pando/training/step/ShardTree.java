package dev.pando.training.step;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/// The one order of summation: a fixed binary tree over the numbers of the batch shards of a step.
///
/// A node covers the shards `[first, end)`. Its halves meet at `first` plus the largest power of two below its size, so
/// a node's bounds depend on shard numbers alone. The sum of a node is the sum of its left half plus the sum of its
/// right half, one float32 addition an element. Whichever worker computes a node, the root has the same bits.
///
/// @param shards number of batch shards of a step, at least 1
public record ShardTree(int shards) {
    public ShardTree {
        if (shards < 1) {
            throw new IllegalArgumentException("a step needs at least 1 batch shard, not " + shards);
        }
    }

    /// A subtree: the batch shards `[first, end)`.
    public record Node(int first, int end) implements Comparable<Node> {
        public Node {
            if (first < 0 || end <= first) {
                throw new IllegalArgumentException("no shards in [" + first + ", " + end + ")");
            }
        }

        public int size() {
            return end - first;
        }

        public boolean isLeaf() {
            return size() == 1;
        }

        /// Where the left half ends and the right one begins.
        public int middle() {
            return first + Integer.highestOneBit(size() - 1);
        }

        public Node left() {
            return new Node(first, middle());
        }

        public Node right() {
            return new Node(middle(), end);
        }

        public boolean covers(Node other) {
            return first <= other.first && other.end <= end;
        }

        @Override
        public int compareTo(Node other) {
            return first != other.first ? Integer.compare(first, other.first) : Integer.compare(other.end, end);
        }
    }

    public Node root() {
        return new Node(0, shards);
    }

    public Node leaf(int shard) {
        if (shard < 0 || shard >= shards) {
            throw new IllegalArgumentException("no batch shard " + shard + " among " + shards);
        }
        return new Node(shard, shard + 1);
    }

    /// The fewest subtrees that hold exactly these shards, in ascending order: what a member sends that holds them.
    public List<Node> cover(BitSet held) {
        List<Node> nodes = new ArrayList<>();
        cover(root(), held, nodes);
        return nodes;
    }

    private static void cover(Node node, BitSet held, List<Node> nodes) {
        int next = held.nextSetBit(node.first());
        if (next < 0 || next >= node.end()) {
            return;
        }
        if (held.nextClearBit(node.first()) >= node.end()) {
            nodes.add(node);
            return;
        }
        cover(node.left(), held, nodes);
        cover(node.right(), held, nodes);
    }
}
