package dev.pando.training.step;

import dev.pando.training.step.Trainer.ShardLoss;
import dev.pando.training.tensor.Memory;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.IntFunction;

/// Holds one worker's partial sums of the step in flight, so that shards it has computed survive the loss of other
/// workers.
///
/// Siblings of the [ShardTree] are added as soon as both are held, so few spans are needed: computing n neighbouring
/// shards in ascending order takes about log2(n) + 1 of them. Spans are reused from step to step. Not thread-safe.
public final class ShardSums {
    private final ShardTree tree;
    private final long elements;
    private final Memory memory;
    private final Deque<MemorySegment> free = new ArrayDeque<>();
    private final SortedMap<ShardTree.Node, MemorySegment> held = new TreeMap<>();
    private final SortedMap<Integer, ShardLoss> losses = new TreeMap<>();
    private int allocated;

    /// @param elements of a gradient span, see [dev.pando.training.tensor.TensorTable#length()]
    /// @param memory where gradient spans live, see [Collective#memory()]
    public ShardSums(ShardTree tree, long elements, Memory memory) {
        this.tree = tree;
        this.elements = elements;
        this.memory = memory;
    }

    /// Computes one shard and takes its gradient in. Leaves everything as it was if the trainer throws.
    ///
    /// @return loss of the shard
    public ShardLoss compute(Trainer trainer, int shard) {
        ShardTree.Node leaf = tree.leaf(shard);
        if (losses.containsKey(shard)) {
            throw new IllegalStateException("batch shard " + shard + " is held already");
        }
        MemorySegment span = lease();
        ShardLoss loss;
        try {
            loss = trainer.compute(shard, span);
        } catch (RuntimeException | Error failure) {
            free.push(span);
            throw failure;
        }
        losses.put(shard, loss);
        merge(trainer, leaf, span);
        return loss;
    }

    /// What this worker offers to an all-reduce: the fewest subtrees that hold exactly its shards, in ascending order.
    public List<Collective.Partial> partials() {
        List<Collective.Partial> partials = new ArrayList<>();
        held.forEach((node, span) -> partials.add(new Collective.Partial(node, span)));
        return partials;
    }

    /// The shards held.
    public BitSet shards() {
        BitSet shards = new BitSet(tree.shards());
        losses.keySet().forEach(shards::set);
        return shards;
    }

    /// Losses of the shards held, by shard number.
    public SortedMap<Integer, ShardLoss> losses() {
        return Collections.unmodifiableSortedMap(losses);
    }

    /// Forgets all shards: the step was committed, or dropped.
    public void reset() {
        held.values().forEach(free::push);
        held.clear();
        losses.clear();
    }

    /// Adds the losses of all shards of a step in the tree's order, whichever worker computed them.
    public static ShardLoss treeSum(ShardTree tree, IntFunction<ShardLoss> ofShard) {
        return treeSum(tree.root(), ofShard);
    }

    private static ShardLoss treeSum(ShardTree.Node node, IntFunction<ShardLoss> ofShard) {
        if (!node.isLeaf()) {
            return treeSum(node.left(), ofShard).plus(treeSum(node.right(), ofShard));
        }
        ShardLoss loss = ofShard.apply(node.first());
        if (loss == null) {
            throw new IllegalStateException("no loss of batch shard " + node.first());
        }
        return loss;
    }

    private void merge(Trainer trainer, ShardTree.Node node, MemorySegment span) {
        ShardTree.Node merged = node;
        MemorySegment sum = span;
        for (ShardTree.Node parent = parent(merged); parent != null; parent = parent(merged)) {
            boolean isLeft = parent.left().equals(merged);
            MemorySegment sibling = held.remove(isLeft ? parent.right() : parent.left());
            if (sibling == null) {
                break;
            }
            // left + right; float addition commutes, so which of the two is overwritten changes no bit
            trainer.add(sum, sibling);
            free.push(sibling);
            merged = parent;
        }
        held.put(merged, sum);
    }

    private ShardTree.Node parent(ShardTree.Node node) {
        ShardTree.Node parent = null;
        for (ShardTree.Node at = tree.root(); !at.equals(node); ) {
            parent = at;
            at = node.first() < at.middle() ? at.left() : at.right();
        }
        return parent;
    }

    private MemorySegment lease() {
        MemorySegment span = free.poll();
        return span != null ? span : memory.allocate("gradient span " + allocated++, elements * Float.BYTES);
    }
}
