package dev.pando.collectives.sum;

import dev.pando.collectives.memory.Bfloat16;
import dev.pando.collectives.memory.Format;
import dev.pando.collectives.memory.Offheap;
import dev.pando.collectives.memory.Slices;
import dev.pando.collectives.wire.Epoch;
import dev.pando.collectives.wire.Frame;
import dev.pando.collectives.wire.Inbound;
import dev.pando.collectives.wire.Inbox;
import dev.pando.training.step.ShardTree.Node;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/// Adds one member's slice chunk by chunk along the tree, straight out of its spans and out of the log buffers in which
/// the others' partial sums arrive.
public final class StreamedSum {
    private static final int WIDENED = 2; // blocks: operands of an addition as float32

    private final Inbox inbox;
    private final Slices slices;

    private Epoch epoch;
    private int[] party = {};
    private int me;
    private OperationRequest task;
    private long result;

    private SumPlan plan;
    private List<Node> sources = List.of();
    private int[] ownerOf = {};
    private int[] ownIndexOf = {};
    private long[] addressOf = {};
    private MemorySegment scratch = MemorySegment.NULL;

    private long[] taken = {};
    private long chunks;
    private int instruction;

    public StreamedSum(Inbox inbox, Slices slices) {
        this.inbox = inbox;
        this.slices = slices;
    }

    /// @param among ranks of those who take part
    /// @param place of this member among them
    /// @param target address of the span's first element, even if only a slice of it is there
    public void begin(Epoch now, int[] among, int place, OperationRequest asked, long target) {
        if (epoch != now || party.length != among.length) {
            taken = new long[among.length];
        }
        epoch = now;
        party = among;
        me = place;
        task = asked;
        result = target;
        Arrays.fill(taken, 0);
        chunks = 0;
        instruction = 0;
        if (plan != null) {
            placeOwn();
        }
    }

    /// The arrangement of shards has changed.
    public void forget() {
        plan = null;
    }

    public boolean isPlanned() {
        return plan != null;
    }

    /// Chunks of the slice that are complete.
    public long chunks() {
        return chunks;
    }

    /// Frames with partial sums of that member of the party that have been added.
    public long taken(int member) {
        return taken[member];
    }

    /// @return whether anything could be added
    public boolean advance() {
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
        boolean isResult = next.target() == SumPlan.RESULT;
        boolean narrow = task.format() != Format.FLOAT32;
        long place = result + slices.chunkStart(me, chunks) * task.format().bytes();
        long target = !isResult ? scratchBlock(next.target()) : narrow ? block(plan.scratch()) : place;
        if (narrow) {
            left = widened(next.a(), left, length, 1);
            right = copies ? left : widened(next.b(), right, length, 2);
        }
        if (copies) {
            Offheap.copy(target, left, (long) length * Float.BYTES);
        } else {
            Offheap.add(target, left, right, length);
            release(next.b());
        }
        if (isResult && narrow) {
            Bfloat16.narrow(place, target, length);
        }
        release(next.a());
        return true;
    }

    private long widened(int operand, long address, int length, int which) {
        if (operand >= plan.sources()) {
            return address; // a sum already
        }
        long block = block(plan.scratch() + which);
        Bfloat16.widen(block, address, length);
        return block;
    }

    /// @return where the operand's elements of the current chunk are; -1 if not here yet
    private long operand(int operand) {
        if (operand >= plan.sources()) {
            return scratchBlock(operand);
        }
        long from = slices.chunkStart(me, chunks);
        int owner = ownerOf[operand];
        if (owner == me) {
            return addressOf[operand] + from * task.format().bytes();
        }
        Inbound head = inbox.head(party[owner], task.number());
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
                            .formatted(
                                    task.name(), epoch.number(), epoch.name(party[owner]), head.kind(), head.offset()));
        }
        return head.payload();
    }

    private void release(int operand) {
        if (operand < plan.sources() && ownerOf[operand] != me) {
            taken[ownerOf[operand]]++;
            inbox.head(party[ownerOf[operand]], task.number()).consume();
        }
    }

    private long scratchBlock(int operand) {
        return block(operand - plan.sources());
    }

    private long block(int index) {
        return scratch.address() + index * slices.chunk() * Float.BYTES;
    }

    /// Plans for own partial sums as they are, and the subtrees that the others have formed.
    ///
    /// @param partials own
    /// @param nodesOf each member of the party: first, end, first, end, …
    public void plan(List<Node> partials, int[][] nodesOf) {
        record Source(Node node, int owner, int index) {}
        List<Source> all = new ArrayList<>();
        for (int index = 0; index < partials.size(); index++) {
            all.add(new Source(partials.get(index), me, index));
        }
        for (int member = 0; member < nodesOf.length; member++) {
            for (int at = 0; member != me && at < nodesOf[member].length; at += 2) {
                all.add(new Source(new Node(nodesOf[member][at], nodesOf[member][at + 1]), member, -1));
            }
        }
        all.sort(Comparator.comparing(Source::node));
        Coverage coverage = new Coverage(task.tree(), task.name(), epoch);
        int[] streams = new int[all.size()];
        for (int at = 0; at < all.size(); at++) {
            coverage.add(all.get(at).node(), party[all.get(at).owner()]);
            streams[at] = all.get(at).owner() == me ? -1 : all.get(at).owner();
        }
        coverage.check();
        sources = all.stream().map(Source::node).toList();
        ownerOf = all.stream().mapToInt(Source::owner).toArray();
        ownIndexOf = all.stream().mapToInt(Source::index).toArray();
        addressOf = new long[all.size()];
        plan = SumPlan.streaming(task.tree().root(), sources, streams);
        scratch = Arena.ofAuto().allocate((plan.scratch() + 1 + WIDENED) * slices.chunk() * Float.BYTES, 64);
        placeOwn();
    }

    private void placeOwn() {
        for (int at = 0; at < ownIndexOf.length; at++) {
            if (ownIndexOf[at] >= 0) {
                addressOf[at] = task.partials().get(ownIndexOf[at]).span().address();
            }
        }
    }
}
