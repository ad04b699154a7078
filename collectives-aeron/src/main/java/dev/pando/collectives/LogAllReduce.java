package dev.pando.collectives;

import dev.pando.training.step.Collective.Partial;
import dev.pando.training.step.ShardTree;
import dev.pando.training.step.ShardTree.Node;
import io.aeron.logbuffer.BufferClaim;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/// All-reduce whose numbers travel in Aeron's log buffers: between hosts, and where memory cannot be shared.
///
/// Each member reduces one slice of the elements. It says what it holds, writes its partial sums of the others' slices
/// straight into claimed log buffers, adds what arrives for its own slice straight out of them along the tree, and
/// sends the sum of its slice to all. A sender's frames come in one order, chunks ascending and nodes from left to
/// right, which is the order in which the tree consumes them; so nobody ever waits for a frame that is stuck behind
/// another.
///
/// What is small goes to everyone at once, and all add for themselves: one hop instead of two.
final class LogAllReduce implements Work {
    private final Inbox inbox;
    private final int eagerElements;
    private int chunkElements;
    private final Holding holding = new Holding();
    private final StreamedSum sum;

    private Epoch epoch;
    private Peer[] peers;
    private long operation;
    private ShardTree tree;
    private long result;
    private Slices slices;
    private int me;

    private boolean[] announced = {};
    private boolean[] heard = {};
    private int[][] nodesOf = {}; // of each member: first, end, first, end, …
    private long[] partialsSent = {};
    private long[] sumsSent = {};
    private long[] sumsTaken = {};

    LogAllReduce(Inbox inbox, TransportSettings settings) {
        this.inbox = inbox;
        this.eagerElements = settings.eagerBytes() / Float.BYTES;
        this.sum = new StreamedSum(inbox);
    }

    LogAllReduce begin(
            Epoch now,
            Peer[] others,
            int chunkBytes,
            long number,
            ShardTree shape,
            List<Partial> mine,
            MemorySegment target) {
        if (epoch != now) {
            epoch = now;
            peers = others;
            me = now.rank();
            announced = new boolean[now.size()];
            heard = new boolean[now.size()];
            nodesOf = new int[now.size()][0];
            partialsSent = new long[now.size()];
            sumsSent = new long[now.size()];
            sumsTaken = new long[now.size()];
            sum.forget();
        }
        operation = number;
        chunkElements = chunkBytes / Float.BYTES;
        if (holding.take(shape, mine, target) || tree == null || tree.shards() != shape.shards()) {
            sum.forget();
        }
        tree = shape;
        result = target.address();
        long elements = target.byteSize() / Float.BYTES;
        if (slices == null
                || slices.elements() != elements
                || slices.members() != now.size()
                || slices.chunk() != chunkElements) {
            slices = new Slices(elements, now.size(), chunkElements, elements <= eagerElements);
        }
        Arrays.fill(announced, false);
        Arrays.fill(heard, false);
        announced[me] = true;
        heard[me] = true;
        Arrays.fill(partialsSent, 0);
        Arrays.fill(sumsSent, 0);
        Arrays.fill(sumsTaken, 0);
        sum.begin(now, number, slices, mine, result);
        return this;
    }

    @Override
    public boolean advance() {
        boolean moved = false;
        for (int rank = 0; rank < epoch.size(); rank++) {
            if (rank != me && peers[rank].isReachable()) {
                moved |= announce(rank);
                moved |= sendPartial(rank);
                moved |= sendSum(rank);
            }
        }
        for (int rank = 0; rank < epoch.size(); rank++) {
            moved |= rank != me && take(rank);
        }
        return reduce() || moved;
    }

    @Override
    public boolean isDone() {
        for (int rank = 0; rank < epoch.size(); rank++) {
            if (isOwed(rank) || isExpectedOf(rank)) {
                return false;
            }
        }
        return sum.chunks() == slices.chunks(me);
    }

    @Override
    public boolean awaits(int rank) {
        return isOwed(rank) || isExpectedOf(rank) && inbox.head(rank, operation) == null;
    }

    @Override
    public String name() {
        return "all-reduce " + operation;
    }

    /// Whether we have yet to send that member something.
    private boolean isOwed(int rank) {
        return rank != me
                && (!announced[rank]
                        || partialsSent[rank] < slices.chunks(rank) * holding.nodes().size()
                        || !slices.whole() && sumsSent[rank] < slices.chunks(me));
    }

    /// Whether that member has yet to send us something, or we have yet to take it.
    private boolean isExpectedOf(int rank) {
        return rank != me
                && (!heard[rank]
                        || sum.taken(rank) < slices.chunks(me) * (nodesOf[rank].length / 2)
                        || !slices.whole() && sumsTaken[rank] < slices.length(rank));
    }

    private boolean announce(int rank) {
        if (announced[rank]) {
            return false;
        }
        List<Node> nodes = holding.nodes();
        int bytes = nodes.size() * 2 * Integer.BYTES;
        if (bytes > peers[rank].maxPayload()) {
            throw new IllegalStateException(
                    nodes.size() + " subtrees do not fit into one frame; use fewer batch shards");
        }
        BufferClaim claim =
                claim(rank, Frame.HOLDING, bytes, tree.shards(), chunkElements, nodes.size(), slices.elements());
        if (claim == null) {
            return false;
        }
        int at = claim.offset() + Frame.HEADER;
        for (int index = 0; index < nodes.size(); index++) {
            claim.buffer().putInt(at + index * 8, nodes.get(index).first(), ByteOrder.LITTLE_ENDIAN);
            claim.buffer().putInt(at + index * 8 + 4, nodes.get(index).end(), ByteOrder.LITTLE_ENDIAN);
        }
        peers[rank].commit();
        announced[rank] = true;
        return true;
    }

    private boolean sendPartial(int rank) {
        int nodes = holding.nodes().size();
        if (!announced[rank] || partialsSent[rank] == slices.chunks(rank) * nodes) {
            return false;
        }
        long chunk = partialsSent[rank] / nodes;
        int index = (int) (partialsSent[rank] % nodes);
        Node node = holding.nodes().get(index);
        int length = slices.chunkLength(rank, chunk);
        long from = slices.chunkStart(rank, chunk);
        BufferClaim claim =
                claim(rank, Frame.PARTIAL, length * Float.BYTES, node.first(), node.end(), from, slices.elements());
        if (claim == null) {
            return false;
        }
        holding.sum(index, from, length, payloadOf(claim));
        peers[rank].commit();
        partialsSent[rank]++;
        return true;
    }

    private boolean sendSum(int rank) {
        if (slices.whole() || sumsSent[rank] == sum.chunks()) {
            return false;
        }
        int length = slices.chunkLength(me, sumsSent[rank]);
        long from = slices.chunkStart(me, sumsSent[rank]);
        BufferClaim claim = claim(rank, Frame.SUM, length * Float.BYTES, 0, tree.shards(), from, slices.elements());
        if (claim == null) {
            return false;
        }
        Offheap.copy(payloadOf(claim), result + from * Float.BYTES, (long) length * Float.BYTES);
        peers[rank].commit();
        sumsSent[rank]++;
        return true;
    }

    private boolean take(int rank) {
        Inbound head = inbox.head(rank, operation);
        if (head == null) {
            return false;
        }
        switch (head.kind()) {
            case Frame.HOLDING -> hear(rank, head);
            case Frame.SUM -> takeSum(rank, head);
            case Frame.PARTIAL -> {
                return false; // in its turn
            }
            default -> throw unexpected(rank, head);
        }
        head.consume();
        return true;
    }

    private void hear(int rank, Inbound head) {
        if (head.first() != tree.shards() || head.end() != chunkElements || head.total() != slices.elements()) {
            throw new IllegalStateException(
                    name()
                            + ": "
                            + epoch.name(rank)
                            + " adds "
                            + head.total()
                            + " elements over "
                            + head.first()
                            + " batch shards in chunks of "
                            + head.end()
                            + ", "
                            + epoch.name(me)
                            + " "
                            + slices.elements()
                            + " over "
                            + tree.shards()
                            + " in chunks of "
                            + chunkElements);
        }
        int count = (int) head.offset() * 2;
        boolean same = nodesOf[rank].length == count;
        for (int at = 0; same && at < count; at++) {
            same = nodesOf[rank][at] == head.payloadInt(at);
        }
        if (!same) {
            nodesOf[rank] = IntStream.range(0, count).map(head::payloadInt).toArray();
            sum.forget();
        }
        heard[rank] = true;
    }

    private void takeSum(int rank, Inbound head) {
        long bytes = head.payloadBytes();
        if (head.offset() != slices.start(rank) + sumsTaken[rank]) {
            throw unexpected(rank, head);
        }
        Offheap.copy(result + head.offset() * Float.BYTES, head.payload(), bytes);
        sumsTaken[rank] += bytes / Float.BYTES;
    }

    private boolean reduce() {
        if (!isAgreed()) {
            return false; // the plan is that of the operation before, until all have said what they hold
        }
        if (!sum.isPlanned()) {
            sum.plan(tree, holding.partials(), nodesOf);
        }
        return sum.advance();
    }

    /// Whether all have said what they hold, to us and, as far as we can tell, we to all: an arrangement that is
    /// refused is refused by everyone.
    private boolean isAgreed() {
        for (int rank = 0; rank < heard.length; rank++) {
            if (!heard[rank] || !announced[rank]) {
                return false;
            }
        }
        return true;
    }

    private BufferClaim claim(int rank, int kind, int bytes, int first, int end, long offset, long total) {
        BufferClaim claim = peers[rank].claim(bytes);
        if (claim != null) {
            Frame.encode(claim.buffer(), claim.offset(), kind, me, epoch.group(), epoch.number(), operation);
            Frame.encodePart(claim.buffer(), claim.offset(), first, end, offset, total, 0);
        }
        return claim;
    }

    private static long payloadOf(BufferClaim claim) {
        return claim.buffer().addressOffset() + claim.offset() + Frame.HEADER;
    }

    private IllegalStateException unexpected(int rank, Inbound head) {
        return new IllegalStateException(
                name()
                        + " of epoch "
                        + epoch.number()
                        + ": "
                        + epoch.name(rank)
                        + " sent a frame of kind "
                        + head.kind()
                        + " at "
                        + head.offset()
                        + " out of turn");
    }
}
