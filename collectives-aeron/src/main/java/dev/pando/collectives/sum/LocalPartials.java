package dev.pando.collectives.sum;

import dev.pando.collectives.memory.Format;
import dev.pando.collectives.memory.Offheap;
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
public final class LocalPartials {
    private static final int BLOCK = 1024;

    private int shards;
    private Format format = Format.FLOAT32;
    private List<Node> partials = List.of();
    private List<Node> nodes = List.of();
    private SumPlan[] plans = {};
    private long[][] addresses = {};
    private int[][] sources = {};
    private MemorySegment scratch = MemorySegment.NULL;

    /// Takes in the spans of an operation.
    ///
    /// @return whether the arrangement is another than before
    public boolean take(OperationRequest task) {
        List<Partial> mine = task.partials();
        boolean changed = task.tree().shards() != shards || task.format() != format || !isArrangedAsBefore(mine);
        if (changed) {
            format = task.format();
            arrange(task.tree(), mine);
        }
        for (int node = 0; node < addresses.length; node++) {
            for (int at = 0; at < addresses[node].length; at++) {
                addresses[node][at] = mine.get(sources[node][at]).span().address();
            }
        }
        return changed;
    }

    /// The partial sums as they were handed in.
    public List<Node> partials() {
        return partials;
    }

    /// The fewest subtrees that hold the same shards, ascending. In bfloat16 the shards one by one: what is added from
    /// them would have to be rounded again.
    public List<Node> nodes() {
        return nodes;
    }

    /// Forms elements of the sum of a node.
    ///
    /// @param target of the first of them
    public void sum(int node, long from, long elements, long target) {
        if (format == Format.FLOAT32) {
            long base = target - from * Float.BYTES;
            plans[node].run(addresses[node], format, from, elements, base, scratch.address(), BLOCK);
        } else {
            Offheap.copy(target, addresses[node][0] + from * format.bytes(), elements * format.bytes());
        }
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
        nodes = format == Format.FLOAT32 ? tree.cover(held) : partials.stream().sorted().toList();
        plans = new SumPlan[nodes.size()];
        addresses = new long[nodes.size()][];
        sources = new int[nodes.size()][];
        long room = 64;
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
            room = Math.max(room, plans[at].scratchBytes(BLOCK, format));
        }
        scratch = Arena.ofAuto().allocate(room, 64);
    }

    private static boolean isOf(ShardTree tree, Node node) {
        Node at = tree.root();
        while (at.covers(node) && !at.equals(node)) {
            at = node.first() < at.middle() ? at.left() : at.right();
        }
        return at.equals(node);
    }
}
