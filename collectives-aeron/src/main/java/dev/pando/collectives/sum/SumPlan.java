package dev.pando.collectives.sum;

import dev.pando.collectives.memory.Bfloat16;
import dev.pando.collectives.memory.Format;
import dev.pando.collectives.memory.Offheap;
import dev.pando.training.step.ShardTree.Node;
import java.util.ArrayList;
import java.util.List;

/// The additions that form the sum of one subtree from the partial sums at hand, in the order of the tree.
///
/// Compiled when the arrangement of shards changes, then run for every block of elements. An operand is a source (its
/// index), a scratch block (the number of sources plus its index) or [#RESULT].
public final class SumPlan {
    /// The operand that receives the sum.
    static final int RESULT = -1;

    /// What an instruction does with its operands a, b, c, d.
    enum Kind {
        /// `a`
        COPY,
        /// `a + b`
        ADD,
        /// `(a + b) + c`
        ADD_LEFT,
        /// `a + (b + c)`
        ADD_RIGHT,
        /// `(a + b) + (c + d)`
        ADD_PAIRS
    }

    /// One pass over a block.
    record Instruction(Kind kind, int target, int a, int b, int c, int d) {
        private static Instruction copy(int target, int a) {
            return new Instruction(Kind.COPY, target, a, a, a, a);
        }

        private static Instruction add(int target, int a, int b) {
            return new Instruction(Kind.ADD, target, a, b, b, b);
        }
    }

    private final Node root;
    private final List<Node> sources;
    private final boolean fused;
    private final int[] streams;
    private final List<Instruction> emitted = new ArrayList<>();
    private final Instruction[] instructions;
    private int scratchInUse;
    private int scratch;

    private SumPlan(Node root, List<Node> sources, boolean fused, int[] streams) {
        this.fused = fused;
        this.root = root;
        this.sources = sources;
        this.streams = streams;
        int whole = sources.indexOf(root);
        if (whole >= 0) {
            emitted.add(Instruction.copy(RESULT, whole));
        } else {
            compile(root);
        }
        this.instructions = emitted.toArray(Instruction[]::new);
    }

    /// @param sources whose shards together are those of the root, each once
    static SumPlan of(Node root, List<Node> sources) {
        return new SumPlan(root, List.copyOf(sources), true, new int[0]);
    }

    /// A plan for sources of which some are streams: what a stream delivers is read once, and before anything to its
    /// right is read, unless that belongs to the same addition. A stream may so deliver several nodes, from left to
    /// right. All instructions are copies or additions of two.
    ///
    /// @param streams which stream delivers each source; -1: it lies in memory
    static SumPlan streaming(Node root, List<Node> sources, int[] streams) {
        return new SumPlan(root, List.copyOf(sources), false, streams);
    }

    int size() {
        return instructions.length;
    }

    Instruction instruction(int at) {
        return instructions[at];
    }

    int sources() {
        return sources.size();
    }

    /// Scratch blocks for sums in between.
    int scratch() {
        return scratch;
    }

    /// Bytes of scratch memory that [#run] needs: blocks for sums in between, one for the result's, and, where numbers
    /// are not float32, one for every source's.
    public long scratchBytes(int block, Format format) {
        return (scratch + 1 + (format == Format.FLOAT32 ? 0 : sources.size())) * (long) block * Float.BYTES;
    }

    /// Adds elements of spans that all lie in memory.
    ///
    /// A block of the result is formed in the first cache and copied out from there: a plain store would first read
    /// what it overwrites, which costs as much as reading another span.
    ///
    /// @param addresses of the sources' first elements
    /// @param format of the sources and the result
    /// @param from first element to form
    /// @param result address of the result's first element
    /// @param scratchAddress of scratch memory
    /// @param block elements of a scratch block; small enough that scratch stays in the first cache
    public void run(
            long[] addresses, Format format, long from, long elements, long result, long scratchAddress, int block) {
        if (format == Format.FLOAT32 && instructions.length == 1 && instructions[0].kind == Kind.COPY) {
            long offset = from * Float.BYTES;
            Offheap.copy(result + offset, addresses[instructions[0].a] + offset, elements * Float.BYTES);
            return;
        }
        long blockBytes = (long) block * Float.BYTES;
        long sum = scratchAddress + scratch * blockBytes;
        for (long done = 0; done < elements; done += block) {
            long at = from + done;
            long length = Math.min(block, elements - done);
            if (format == Format.FLOAT32) {
                runBlock(addresses, 0, at * Float.BYTES, length, sum, scratchAddress, blockBytes);
                Offheap.copy(result + at * Float.BYTES, sum, length * Float.BYTES);
            } else {
                long wide = sum + blockBytes;
                for (int source = 0; source < sources.size(); source++) {
                    Bfloat16.widen(wide + source * blockBytes, addresses[source] + at * Short.BYTES, length);
                }
                runBlock(null, wide, 0, length, sum, scratchAddress, blockBytes);
                Bfloat16.narrow(result + at * Short.BYTES, sum, length);
            }
        }
    }

    private void runBlock(
            long[] addresses, long wide, long offset, long elements, long sum, long scratchAddress, long blockBytes) {
        for (Instruction next : instructions) {
            long target =
                    next.target == RESULT
                            ? sum
                            : operand(next.target, addresses, wide, offset, scratchAddress, blockBytes);
            long a = operand(next.a, addresses, wide, offset, scratchAddress, blockBytes);
            long b = operand(next.b, addresses, wide, offset, scratchAddress, blockBytes);
            long c = operand(next.c, addresses, wide, offset, scratchAddress, blockBytes);
            long d = operand(next.d, addresses, wide, offset, scratchAddress, blockBytes);
            switch (next.kind) {
                case COPY -> Offheap.copy(target, a, elements * Float.BYTES);
                case ADD -> Offheap.add(target, a, b, elements);
                case ADD_LEFT -> Offheap.addLeft(target, a, b, c, elements);
                case ADD_RIGHT -> Offheap.addRight(target, a, b, c, elements);
                case ADD_PAIRS -> Offheap.addPairs(target, a, b, c, d, elements);
            }
        }
    }

    /// @param addresses of the sources, or null if they lie one after the other as float32
    private long operand(int operand, long[] addresses, long wide, long offset, long scratchAddress, long blockBytes) {
        if (operand >= sources.size()) {
            return scratchAddress + (operand - sources.size()) * blockBytes;
        }
        return addresses == null ? wide + operand * blockBytes : addresses[operand] + offset;
    }

    private int compile(Node node) {
        int source = sources.indexOf(node);
        if (source >= 0) {
            return source;
        }
        if (node.isLeaf()) {
            throw new IllegalStateException("no member holds batch shard " + node.first());
        }
        return fused ? compileFused(node) : compileStreaming(node);
    }

    private int compileStreaming(Node node) {
        int a = compile(node.left());
        if (a < sources.size() && streams[a] >= 0 && isNeededAgain(streams[a], node.right())) {
            int held = take();
            emitted.add(Instruction.copy(held, a));
            a = held;
        }
        int b = compile(node.right());
        give(b);
        give(a);
        int sum = target(node);
        emitted.add(Instruction.add(sum, a, b));
        return sum;
    }

    /// Whether a stream may have to go on before the right half can be added.
    private boolean isNeededAgain(int stream, Node right) {
        int source = sources.indexOf(right);
        return source < 0 || streams[source] == stream;
    }

    /// Takes a child's own addition into the same pass where both of its operands are sources.
    private int compileFused(Node node) {
        boolean left = isPairOfSources(node.left());
        boolean right = isPairOfSources(node.right());
        int a = compile(left ? node.left().left() : node.left());
        int b = left ? compile(node.left().right()) : a;
        int c = compile(right ? node.right().left() : node.right());
        int d = right ? compile(node.right().right()) : c;
        give(c);
        give(a);
        int sum = target(node);
        if (left && right) {
            emitted.add(new Instruction(Kind.ADD_PAIRS, sum, a, b, c, d));
        } else if (left) {
            emitted.add(new Instruction(Kind.ADD_LEFT, sum, a, b, c, c));
        } else if (right) {
            emitted.add(new Instruction(Kind.ADD_RIGHT, sum, a, c, d, d));
        } else {
            emitted.add(Instruction.add(sum, a, c));
        }
        return sum;
    }

    private boolean isPairOfSources(Node node) {
        return !sources.contains(node)
                && !node.isLeaf()
                && sources.contains(node.left())
                && sources.contains(node.right());
    }

    private int target(Node node) {
        return node.equals(root) ? RESULT : take();
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
