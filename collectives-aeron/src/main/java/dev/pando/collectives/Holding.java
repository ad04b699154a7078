package dev.pando.collectives;

import dev.pando.training.step.Collective.Partial;
import dev.pando.training.step.ShardTree;
import dev.pando.training.step.ShardTree.Node;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;

/// What one member brings to an all-reduce: its partial sums, and the fewest subtrees that it can form from them.
///
/// Kept from operation to operation while the arrangement of shards stays the same; then taking in an operation's spans
/// allocates nothing.
final class Holding {
    private static final int BLOCK = 1024;

    private int shards;
    private List<Node> partials = List.of();
    private List<Node> nodes = List.of();
    private SumPlan[] plans = {};
    private long[][] addresses = {};
    private int[][] sources = {};
    private MemorySegment scratch = MemorySegment.NULL;

    /// Takes in the spans of an operation.
    ///
    /// @return whether the arrangement is another than before
    boolean take(ShardTree tree, List<Partial> mine, MemorySegment result) {
        boolean changed = tree.shards() != shards || !isArrangedAsBefore(mine);
        if (changed) {
            arrange(tree, mine);
        }
        for (int node = 0; node < addresses.length; node++) {
            for (int at = 0; at < addresses[node].length; at++) {
                addresses[node][at] = addressOf(mine.get(sources[node][at]), result);
            }
        }
        return changed;
    }

    /// The partial sums as they were handed in.
    List<Node> partials() {
        return partials;
    }

    /// The fewest subtrees that hold the same shards, ascending.
    List<Node> nodes() {
        return nodes;
    }

    /// Forms elements of the sum of a node.
    ///
    /// @param target of the first of them
    void sum(int node, long from, long elements, long target) {
        plans[node].run(addresses[node], from, elements, target - from * Float.BYTES, scratch.address(), BLOCK);
    }

    private boolean isArrangedAsBefore(List<Partial> mine) {
        if (mine.size() != partials.size()) {
            return false;
        }
        for (int at = 0; at < mine.size(); at++) {
            if (!mine.get(at).node().equals(partials.get(at))) {
                return false;
            }
        }
        return true;
    }

    private void arrange(ShardTree tree, List<Partial> mine) {
        BitSet held = new BitSet(tree.shards());
        for (Partial partial : mine) {
            Node node = partial.node();
            if (!isOf(tree, node)) {
                throw new IllegalArgumentException(node + " is not a subtree of " + tree.shards() + " batch shards");
            }
            if (held.nextSetBit(node.first()) >= 0 && held.nextSetBit(node.first()) < node.end()) {
                throw new IllegalArgumentException("a batch shard of " + node + " is in two partial sums");
            }
            held.set(node.first(), node.end());
        }
        shards = tree.shards();
        partials = mine.stream().map(Partial::node).toList();
        nodes = tree.cover(held);
        plans = new SumPlan[nodes.size()];
        addresses = new long[nodes.size()][];
        sources = new int[nodes.size()][];
        int depth = 0;
        for (int at = 0; at < plans.length; at++) {
            List<Node> within = new ArrayList<>();
            Node whole = nodes.get(at);
            sources[at] =
                    IntStream.range(0, partials.size())
                            .filter(index -> whole.covers(partials.get(index)))
                            .peek(index -> within.add(partials.get(index)))
                            .toArray();
            plans[at] = SumPlan.of(whole, within);
            addresses[at] = new long[within.size()];
            depth = Math.max(depth, plans[at].scratch());
        }
        scratch = Arena.ofAuto().allocate(Math.max(1, depth) * (long) BLOCK * Float.BYTES, 64);
    }

    private static boolean isOf(ShardTree tree, Node node) {
        Node at = tree.root();
        while (at.covers(node) && !at.equals(node)) {
            at = node.first() < at.middle() ? at.left() : at.right();
        }
        return at.equals(node);
    }

    private static long addressOf(Partial partial, MemorySegment result) {
        MemorySegment span = partial.span();
        if (!span.isNative() || span.byteSize() != result.byteSize()) {
            throw new IllegalArgumentException(
                    "the partial sum of "
                            + partial.node()
                            + " has "
                            + span.byteSize()
                            + " bytes, the result "
                            + result.byteSize()
                            + "; both must be off-heap and of one size");
        }
        long apart = Math.absExact(span.address() - result.address());
        if (apart < result.byteSize()) {
            throw new IllegalArgumentException("the result overlaps the partial sum of " + partial.node());
        }
        return span.address();
    }
}
