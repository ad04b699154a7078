package dev.pando.collectives;

import dev.pando.training.step.ShardTree;
import dev.pando.training.step.ShardTree.Node;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/// The additions that form the sum of one subtree from the partial sums at hand, in the order of the [ShardTree].
///
/// Compiled when the arrangement of shards changes, then run for every block of elements. An instruction is
/// `target = left + right`, or `target = left` where there is no right. An operand is a source (its index), a scratch block
/// (the number of sources plus its index) or [#RESULT].
final class SumPlan {
    /// The operand that receives the sum.
    static final int RESULT = -1;
    /// In the place of the right operand: the instruction copies.
    static final int NONE = -2;

    private final Node root;
    private final List<Node> sources;
    private final BitSet streams;
    private final List<int[]> emitted = new ArrayList<>();
    private int scratchInUse;
    private int scratch;
    private final int[] target;
    private final int[] left;
    private final int[] right;

    private SumPlan(Node root, List<Node> sources, BitSet streams) {
        this.root = root;
        this.sources = sources;
        this.streams = streams;
        int whole = sources.indexOf(root);
        if (whole >= 0) {
            emitted.add(new int[] {RESULT, whole, NONE});
        } else {
            compile(root);
        }
        this.target = emitted.stream().mapToInt(instruction -> instruction[0]).toArray();
        this.left = emitted.stream().mapToInt(instruction -> instruction[1]).toArray();
        this.right = emitted.stream().mapToInt(instruction -> instruction[2]).toArray();
    }

    /// @param sources whose shards together are those of the root, each once
    static SumPlan of(Node root, List<Node> sources) {
        return new SumPlan(root, List.copyOf(sources), new BitSet());
    }

    /// A plan for sources of which some are streams: what a stream delivers is read once, and before anything to its right is
    /// read, unless that belongs to the same addition. A stream may so deliver several nodes, from left to right.
    ///
    /// @param streams indices of the sources that are streams
    static SumPlan streaming(Node root, List<Node> sources, BitSet streams) {
        return new SumPlan(root, List.copyOf(sources), streams);
    }

    int size() {
        return target.length;
    }

    int target(int instruction) {
        return target[instruction];
    }

    int left(int instruction) {
        return left[instruction];
    }

    int right(int instruction) {
        return right[instruction];
    }

    int sources() {
        return sources.size();
    }

    /// Scratch blocks that a run needs.
    int scratch() {
        return scratch;
    }

    /// Adds elements of spans that all lie in memory.
    ///
    /// @param addresses of the sources' first elements
    /// @param scratchAddress of [#scratch()] blocks
    /// @param block elements of a scratch block; small enough that scratch stays in the first cache
    void run(long[] addresses, long from, long elements, long result, long scratchAddress, int block) {
        for (long done = 0; done < elements; done += block) {
            long run = Math.min(block, elements - done);
            long offset = (from + done) * Float.BYTES;
            for (int at = 0; at < target.length; at++) {
                long to = target[at] == RESULT
                        ? result + offset
                        : scratchAddress + (long) (target[at] - sources.size()) * block * Float.BYTES;
                long a = operand(left[at], addresses, offset, scratchAddress, block);
                if (right[at] == NONE) {
                    Offheap.copy(to, a, run * Float.BYTES);
                } else {
                    Offheap.add(to, a, operand(right[at], addresses, offset, scratchAddress, block), run);
                }
            }
        }
    }

    private long operand(int operand, long[] addresses, long offset, long scratchAddress, int block) {
        return operand < sources.size()
                ? addresses[operand] + offset
                : scratchAddress + (long) (operand - sources.size()) * block * Float.BYTES;
    }

    private int compile(Node node) {
        int source = sources.indexOf(node);
        if (source >= 0) {
            return source;
        }
        if (node.isLeaf()) {
            throw new IllegalStateException("nobody holds batch shard " + node.first());
        }
        int a = compile(node.left());
        if (a < sources.size() && streams.get(a) && !sources.contains(node.right())) {
            // the stream that delivers it may be needed again on the right
            int held = take();
            emitted.add(new int[] {held, a, NONE});
            a = held;
        }
        int b = compile(node.right());
        give(b);
        give(a);
        int sum = node.equals(root) ? RESULT : take();
        emitted.add(new int[] {sum, a, b});
        return sum;
    }

    private int take() {
        scratchInUse++;
        scratch = Math.max(scratch, scratchInUse);
        return sources.size() + scratchInUse - 1;
    }

    private void give(int operand) {
        if (operand >= sources.size()) {
            scratchInUse--;
        }
    }
}
