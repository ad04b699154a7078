package dev.pando.collectives;

import dev.pando.training.step.Collective.Partial;
import dev.pando.training.step.ShardTree;
import dev.pando.training.step.ShardTree.Node;
import io.aeron.logbuffer.BufferClaim;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;

/// All-reduce of members of one host, who read each other's spans in place; Aeron carries only where they lie.
///
/// The span is cut into windows, and each window into a slice for every member. A member adds its slice straight out of
/// everyone's partial sums into its own result, then copies the others' slices out of their results while these are
/// still in a cache. Everyone writes to its own file alone. A member that leaves the epoch changes its [Board] before
/// it touches its spans again; whoever has read them looks at the boards once more before it says that it has finished,
/// and nobody is done before all have finished. So what is done was read while it was whole.
final class SharedAllReduce implements Work {
    private static final int BLOCK = 2048;
    private static final int WORDS = 2; // longs of a partial sum in a frame: its node, its place

    private final Inbox inbox;
    private final SpanFile own;
    private final long sliceElements;
    private final Roster roster = new Roster();

    private Epoch epoch;
    private Peer[] peers;
    private long operation;
    private long identity;
    private ShardTree tree;
    private List<Partial> mine;
    private long elements;
    private long ownResult;
    private int me;

    private boolean[] announced = {};
    private boolean[] heard = {};
    private int[] gathered = {}; // windows, of each member's slices
    private long[] resultOf = {}; // addresses
    private long[] resultOffset = {}; // within each member's file

    private MemorySegment scratch = MemorySegment.NULL;
    private boolean placed;
    private int windows;
    private int reduced;
    private boolean finished;

    SharedAllReduce(Inbox inbox, SpanFile own, int sliceBytes) {
        this.inbox = inbox;
        this.own = own;
        this.sliceElements = sliceBytes / Float.BYTES;
    }

    /// @param number of the operation
    /// @param nth all-reduce of the epoch
    SharedAllReduce begin(
            Epoch now,
            Peer[] others,
            long number,
            long nth,
            ShardTree shape,
            List<Partial> partials,
            MemorySegment target) {
        if (epoch != now) {
            epoch = now;
            peers = others;
            me = now.rank();
            announced = new boolean[now.size()];
            heard = new boolean[now.size()];
            gathered = new int[now.size()];
            resultOf = new long[now.size()];
            resultOffset = new long[now.size()];
            roster.reset(now);
        }
        operation = number;
        identity = Board.identify(now.number(), nth);
        tree = shape;
        mine = partials;
        elements = target.byteSize() / Float.BYTES;
        ownResult = own.offsetOf(target);
        if (ownResult < 0) {
            throw new IllegalArgumentException(name() + ": the result lies outside this member's memory()");
        }
        resultOf[me] = target.address();
        windows = (int) Math.ceilDiv(elements, sliceElements * now.size());
        reduced = 0;
        finished = false;
        placed = false;
        Arrays.fill(announced, false);
        Arrays.fill(heard, false);
        Arrays.fill(gathered, 0);
        announced[me] = true;
        heard[me] = true;
        roster.takeOwn(me, own, partials, target);
        own.board().begin(identity);
        return this;
    }

    @Override
    public boolean advance() {
        if (!placed) {
            return meet();
        }
        boolean moved = reduce();
        moved |= gather();
        return finish() || moved;
    }

    @Override
    public boolean isDone() {
        if (!finished) {
            return false;
        }
        for (int rank = 0; rank < peers.length; rank++) {
            if (rank != me && !peers[rank].spans().board().hasFinished(identity)) {
                return false;
            }
        }
        return true;
    }

    @Override
    public boolean awaits(int rank) {
        if (!placed) {
            return !announced[rank] || !heard[rank];
        }
        return gathered[rank] < windows && rank != me || !peers[rank].spans().board().hasFinished(identity);
    }

    @Override
    public String name() {
        return "all-reduce " + operation;
    }

    private boolean meet() {
        boolean moved = false;
        boolean complete = true;
        for (int rank = 0; rank < peers.length; rank++) {
            moved |= !announced[rank] && announce(rank);
            moved |= !heard[rank] && hear(rank);
            complete &= announced[rank] && heard[rank];
        }
        if (complete) {
            place();
            moved = true;
        }
        return moved;
    }

    private boolean announce(int rank) {
        if (!peers[rank].isReachable()) {
            return false;
        }
        int bytes = mine.size() * WORDS * Long.BYTES;
        if (bytes > peers[rank].maxPayload()) {
            throw new IllegalStateException(mine.size() + " partial sums do not fit into one frame; add some first");
        }
        BufferClaim claim = peers[rank].claim(bytes);
        if (claim == null) {
            return false;
        }
        Frame.encode(claim.buffer(), claim.offset(), Frame.SPANS, me, epoch.group(), epoch.number(), operation);
        Frame.encodePart(claim.buffer(), claim.offset(), tree.shards(), mine.size(), ownResult, elements, identity);
        int at = claim.offset() + Frame.HEADER;
        for (int index = 0; index < mine.size(); index++) {
            Node node = mine.get(index).node();
            claim.buffer().putInt(at, node.first(), ByteOrder.LITTLE_ENDIAN);
            claim.buffer().putInt(at + 4, node.end(), ByteOrder.LITTLE_ENDIAN);
            claim.buffer().putLong(at + 8, roster.offset(me, index), ByteOrder.LITTLE_ENDIAN);
            at += WORDS * Long.BYTES;
        }
        peers[rank].commit();
        announced[rank] = true;
        return true;
    }

    private boolean hear(int rank) {
        Inbound head = inbox.head(rank, operation);
        if (head == null) {
            return false;
        }
        if (head.kind() != Frame.SPANS || head.extra() != identity) {
            throw new IllegalStateException(
                    "%s of epoch %d: %s sent a frame of kind %d out of turn"
                            .formatted(name(), epoch.number(), epoch.name(rank), head.kind()));
        }
        if (head.first() != tree.shards() || head.total() != elements) {
            throw new IllegalStateException(
                    "%s: %s adds %d elements over %d batch shards, %s %d over %d"
                            .formatted(
                                    name(),
                                    epoch.name(rank),
                                    head.total(),
                                    head.first(),
                                    epoch.name(me),
                                    elements,
                                    tree.shards()));
        }
        roster.resize(rank, head.end());
        for (int index = 0; index < head.end(); index++) {
            roster.take(
                    rank,
                    index,
                    head.payloadInt(index * 4),
                    head.payloadInt(index * 4 + 1),
                    head.payloadLong(index * WORDS + 1));
        }
        resultOffset[rank] = head.offset();
        heard[rank] = true;
        head.consume();
        return true;
    }

    private void place() {
        if (roster.compile(tree, name())) {
            scratch = Arena.ofAuto().allocate(Math.max(1, roster.plan().scratch()) * (long) BLOCK * Float.BYTES, 64);
        }
        long bytes = elements * Float.BYTES;
        for (int rank = 0; rank < peers.length; rank++) {
            if (rank != me) {
                NeighbourFile file = peers[rank].spans();
                file.reach(Math.max(resultOffset[rank], roster.lastOffset(rank)) + bytes);
                resultOf[rank] = file.address() + resultOffset[rank];
                roster.place(rank, file.address());
            }
        }
        roster.place(me, mine);
        placed = true;
    }

    /// Adds the own slice of the next window. At most two windows ahead of what has been gathered: what the others have
    /// reduced should still be in a cache.
    private boolean reduce() {
        if (reduced == windows || reduced > leastGathered() + 1) {
            return false;
        }
        long from = sliceStart(reduced, me);
        roster.plan()
                .run(
                        roster.addresses(),
                        from,
                        sliceStart(reduced, me + 1) - from,
                        resultOf[me],
                        scratch.address(),
                        BLOCK);
        reduced++;
        own.board().reduced(reduced);
        return true;
    }

    private boolean gather() {
        boolean moved = false;
        for (int step = 1; step < peers.length; step++) {
            int rank = (me + step) % peers.length;
            if (gathered[rank] < windows && peers[rank].spans().board().reduced(identity) > gathered[rank]) {
                long from = sliceStart(gathered[rank], rank);
                long length = sliceStart(gathered[rank], rank + 1) - from;
                long offset = from * Float.BYTES;
                Offheap.copy(resultOf[me] + offset, resultOf[rank] + offset, length * Float.BYTES);
                gathered[rank]++;
                moved = true;
            }
        }
        return moved;
    }

    private boolean finish() {
        if (finished || reduced < windows || peers.length > 1 && leastGathered() < windows) {
            return false;
        }
        VarHandle.loadLoadFence(); // what was read before, then the boards
        if (!areAllInEpoch()) {
            return false;
        }
        finished = true;
        own.board().finish(identity);
        return true;
    }

    private boolean areAllInEpoch() {
        for (int rank = 0; rank < peers.length; rank++) {
            if (rank != me && peers[rank].spans().board().epoch() != epoch.number()) {
                return false;
            }
        }
        return true;
    }

    private int leastGathered() {
        int least = peers.length == 1 ? reduced : windows;
        for (int rank = 0; rank < peers.length; rank++) {
            if (rank != me) {
                least = Math.min(least, gathered[rank]);
            }
        }
        return least;
    }

    /// First element of a member's slice of a window; that of the member after the last is the window's end.
    private long sliceStart(int window, int member) {
        long begin = window * sliceElements * peers.length;
        long length = Math.min(sliceElements * peers.length, elements - begin);
        return begin + (member == peers.length ? length : length * member / peers.length / 16 * 16);
    }
}
