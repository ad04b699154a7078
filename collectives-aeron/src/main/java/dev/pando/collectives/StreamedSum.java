package dev.pando.collectives;

import dev.pando.training.step.Collective.Partial;
import dev.pando.training.step.ShardTree;
import dev.pando.training.step.ShardTree.Node;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;

/// Adds one member's slice chunk by chunk along the tree, straight out of its own spans and out of the log buffers in
/// which the others' partial sums arrive.
final class StreamedSum {
    private final Inbox inbox;

    private Epoch epoch;
    private int me;
    private long operation;
    private Slices slices;
    private long result;
    private List<Partial> mine = List.of();

    private SumPlan plan;
    private List<Node> sources = List.of();
    private int[] ownerOf = {};
    private int[] ownIndexOf = {};
    private long[] addressOf = {};
    private MemorySegment scratch = MemorySegment.NULL;

    private long[] taken = {};
    private long chunks;
    private int instruction;

    StreamedSum(Inbox inbox) {
        this.inbox = inbox;
    }

    void begin(Epoch now, long number, Slices cut, List<Partial> partials, long target) {
        if (epoch != now) {
            epoch = now;
            me = now.rank();
            taken = new long[now.size()];
        }
        operation = number;
        slices = cut;
        mine = partials;
        result = target;
        Arrays.fill(taken, 0);
        chunks = 0;
        instruction = 0;
        if (plan != null) {
            placeOwn();
        }
    }

    /// The arrangement of shards has changed.
    void forget() {
        plan = null;
    }

    boolean isPlanned() {
        return plan != null;
    }

    /// Chunks of the slice that are complete.
    long chunks() {
        return chunks;
    }

    /// Frames with partial sums of that member that have been added.
    long taken(int rank) {
        return taken[rank];
    }

    /// @return whether anything could be added
    boolean advance() {
        boolean moved = false;
        while (chunks < slices.chunks(me) && run(plan.instruction(instruction))) {
            moved = true;
            instruction++;
            if (instruction == plan.size()) {
                instruction = 0;
                chunks++;
                break; // let the others have it
            }
        }
        return moved;
    }

    /// Runs one addition on the current chunk, if its operands are here.
    private boolean run(SumPlan.Instruction next) {
        boolean copies = next.kind() == SumPlan.Kind.COPY;
        long left = operand(next.a());
        long right = copies ? left : operand(next.b());
        if (left < 0 || right < 0) {
            return false;
        }
        int length = slices.chunkLength(me, chunks);
        long target =
                next.target() == SumPlan.RESULT
                        ? result + slices.chunkStart(me, chunks) * Float.BYTES
                        : scratchBlock(next.target());
        if (copies) {
            Offheap.copy(target, left, (long) length * Float.BYTES);
        } else {
            Offheap.add(target, left, right, length);
            release(next.b());
        }
        release(next.a());
        return true;
    }

    /// @return where the operand's elements of the current chunk are; -1 if not here yet
    private long operand(int operand) {
        if (operand >= plan.sources()) {
            return scratchBlock(operand);
        }
        long from = slices.chunkStart(me, chunks);
        int owner = ownerOf[operand];
        if (owner == me) {
            return addressOf[operand] + from * Float.BYTES;
        }
        Inbound head = inbox.head(owner, operation);
        if (head == null || head.kind() == Frame.SUM) {
            return -1;
        }
        Node node = sources.get(operand);
        if (head.kind() != Frame.PARTIAL
                || head.offset() != from
                || head.first() != node.first()
                || head.end() != node.end()) {
            throw new IllegalStateException(
                    "%s of epoch %d: %s sent a frame of kind %d at %d out of turn"
                            .formatted(name(), epoch.number(), epoch.name(owner), head.kind(), head.offset()));
        }
        return head.payload();
    }

    private void release(int operand) {
        if (operand < plan.sources() && ownerOf[operand] != me) {
            taken[ownerOf[operand]]++;
            inbox.head(ownerOf[operand], operation).consume();
        }
    }

    private long scratchBlock(int operand) {
        return scratch.address() + (long) (operand - plan.sources()) * slices.chunk() * Float.BYTES;
    }

    /// Plans for own partial sums as they are, and the subtrees that the others have formed.
    ///
    /// @param partials own
    /// @param nodesOf each member: first, end, first, end, …
    void plan(ShardTree tree, List<Node> partials, int[][] nodesOf) {
        record Source(Node node, int owner, int index) {}
        List<Source> all = new ArrayList<>();
        for (int index = 0; index < partials.size(); index++) {
            all.add(new Source(partials.get(index), me, index));
        }
        for (int rank = 0; rank < nodesOf.length; rank++) {
            for (int at = 0; rank != me && at < nodesOf[rank].length; at += 2) {
                all.add(new Source(new Node(nodesOf[rank][at], nodesOf[rank][at + 1]), rank, -1));
            }
        }
        all.sort(Comparator.comparing(Source::node));
        Coverage coverage = new Coverage(tree, name(), epoch);
        BitSet streams = new BitSet();
        for (int at = 0; at < all.size(); at++) {
            coverage.add(all.get(at).node(), all.get(at).owner());
            streams.set(at, all.get(at).owner() != me);
        }
        coverage.check();
        sources = all.stream().map(Source::node).toList();
        ownerOf = all.stream().mapToInt(Source::owner).toArray();
        ownIndexOf = all.stream().mapToInt(Source::index).toArray();
        addressOf = new long[all.size()];
        plan = SumPlan.streaming(tree.root(), sources, streams);
        scratch = Arena.ofAuto().allocate(Math.max(1, plan.scratch()) * (long) slices.chunk() * Float.BYTES, 64);
        placeOwn();
    }

    private void placeOwn() {
        for (int at = 0; at < ownIndexOf.length; at++) {
            if (ownIndexOf[at] >= 0) {
                addressOf[at] = mine.get(ownIndexOf[at]).span().address();
            }
        }
    }

    private String name() {
        return "all-reduce " + operation;
    }
}
