package dev.pando.collectives.exchange;

import dev.pando.collectives.memory.Offheap;
import dev.pando.collectives.memory.Slices;
import dev.pando.collectives.sum.LocalPartials;
import dev.pando.collectives.sum.OperationRequest;
import dev.pando.collectives.sum.Pattern;
import dev.pando.collectives.sum.StreamedSum;
import dev.pando.collectives.wire.Epoch;
import dev.pando.collectives.wire.Frame;
import dev.pando.collectives.wire.Inbound;
import dev.pando.collectives.wire.Inbox;
import dev.pando.collectives.wire.Peer;
import dev.pando.collectives.wire.TransportSettings;
import dev.pando.training.step.ShardTree.Node;
import io.aeron.logbuffer.BufferClaim;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/// An operation whose numbers travel in Aeron's log buffers: between hosts, and where memory cannot be shared.
///
/// Each member sums one slice of the elements. It says what it holds, writes its partial sums of the others' slices
/// straight into claimed log buffers, adds what arrives for its own slice straight out of them along the tree, and
/// sends the sum of its slice to all. A sender's frames come in one order, chunks ascending and nodes from left to
/// right, which is the order in which the tree consumes them; so no member ever waits for a frame that is stuck behind
/// another.
///
/// What is small goes to everyone at once, and all add for themselves: one hop instead of two.
///
/// Operations other than an all-reduce leave parts of this out: see [Pattern].
public final class LogExchange implements OngoingOperation {
    private final Inbox inbox;
    private final int eagerBytes;
    private final LocalPartials holding = new LocalPartials();
    private final Slices slices = new Slices();
    private final StreamedSum sum;

    private Epoch epoch;
    private Peer[] peers;
    private int[] party = {}; // ranks of those who take part, ascending
    private OperationRequest task;
    private Pattern pattern;
    private int width; // bytes of a number
    private long target; // of the span's first element, as if all of it were there
    private int me; // within the party

    private boolean[] announced = {};
    private boolean[] heard = {};
    private int[][] nodesOf = {}; // of each member: first, end, first, end, …
    private long[] partialsSent = {};
    private long[] sumsSent = {};
    private long[] sumsTaken = {};

    public LogExchange(Inbox inbox, TransportSettings settings) {
        this.inbox = inbox;
        this.eagerBytes = settings.eagerBytes();
        this.sum = new StreamedSum(inbox, slices);
    }

    /// @param among ranks of those who take part, ascending; the same array as long as they are the same
    @SuppressWarnings("ReferenceEquality") // an array that is the same has the same ranks
    public LogExchange begin(Epoch now, Peer[] others, int[] among, int chunkBytes, OperationRequest asked) {
        if (epoch != now || party != among) {
            epoch = now;
            peers = others;
            party = among;
            me = Arrays.binarySearch(among, now.rank());
            announced = new boolean[among.length];
            heard = new boolean[among.length];
            nodesOf = new int[among.length][0];
            partialsSent = new long[among.length];
            sumsSent = new long[among.length];
            sumsTaken = new long[among.length];
            sum.forget();
        }
        task = asked;
        pattern = asked.pattern();
        width = asked.format().bytes();
        cut(chunkBytes / width);
        if (pattern.reduces() && holding.take(asked)) {
            sum.forget();
        }
        locate();
        Arrays.fill(announced, false);
        Arrays.fill(heard, false);
        announced[me] = true;
        heard[me] = true;
        Arrays.fill(partialsSent, 0);
        Arrays.fill(sumsSent, 0);
        Arrays.fill(sumsTaken, 0);
        sum.begin(now, among, me, asked, target);
        return this;
    }

    private void cut(int chunkElements) {
        if (pattern == Pattern.BROADCAST) {
            slices.only(task.elements(), party.length, chunkElements, Arrays.binarySearch(party, task.owner()));
        } else if (pattern == Pattern.ALL_REDUCE && task.bytes() <= eagerBytes) {
            slices.whole(task.elements(), party.length, chunkElements);
        } else {
            slices.even(task.elements(), party.length, chunkElements, Slices.GRAIN);
        }
    }

    private void locate() {
        long before = slices.start(me) * width;
        switch (pattern) {
            case ALL_REDUCE -> target = task.target();
            case REDUCE_SCATTER -> target = task.target() - before;
            case ALL_GATHER -> {
                target = task.target();
                task.copyOwnSlice(before);
            }
            case BROADCAST -> target = task.given().address();
            case BARRIER -> target = 0;
        }
    }

    @Override
    public boolean advance() {
        boolean moved = false;
        for (int member = 0; member < party.length; member++) {
            if (member != me && peers[party[member]].isReachable()) {
                moved |= announce(member);
                moved |= sendPartial(member);
                moved |= sendSum(member);
            }
        }
        for (int member = 0; member < party.length; member++) {
            moved |= member != me && take(member);
        }
        return reduce() || moved;
    }

    @Override
    public boolean isDone() {
        for (int member = 0; member < party.length; member++) {
            if (isOwed(member) || isExpectedOf(member)) {
                return false;
            }
        }
        return ready() == slices.chunks(me);
    }

    @Override
    public boolean awaits(int rank) {
        int member = Arrays.binarySearch(party, rank);
        return member >= 0 && (isOwed(member) || isExpectedOf(member) && inbox.head(rank, task.number()) == null);
    }

    @Override
    public String name() {
        return task.name();
    }

    /// Chunks of this member's slice that can be sent.
    private long ready() {
        return pattern.reduces() ? sum.chunks() : slices.chunks(me);
    }

    private boolean sendsSums() {
        return pattern.gathers() && !slices.whole();
    }

    /// Whether we have yet to send that member something.
    private boolean isOwed(int member) {
        return member != me
                && (!announced[member]
                        || partialsSent[member] < partialsFor(member)
                        || sendsSums() && sumsSent[member] < slices.chunks(me));
    }

    /// Whether that member has yet to send us something, or we have yet to take it.
    private boolean isExpectedOf(int member) {
        return member != me
                && (!heard[member]
                        || pattern.reduces() && sum.taken(member) < slices.chunks(me) * (nodesOf[member].length / 2)
                        || sendsSums() && sumsTaken[member] < slices.length(member));
    }

    private long partialsFor(int member) {
        return pattern.reduces() ? slices.chunks(member) * holding.nodes().size() : 0;
    }

    private boolean announce(int member) {
        if (announced[member]) {
            return false;
        }
        List<Node> nodes = pattern.reduces() ? holding.nodes() : List.of();
        int bytes = nodes.size() * 2 * Integer.BYTES;
        if (bytes > peers[party[member]].maxPayload()) {
            throw new IllegalStateException(
                    nodes.size() + " subtrees do not fit into one frame; use fewer batch shards");
        }
        BufferClaim claim =
                claim(member, Frame.HOLDING, bytes, task.shape(), (int) slices.chunk(), nodes.size(), task.elements());
        if (claim == null) {
            return false;
        }
        int at = claim.offset() + Frame.HEADER;
        for (int index = 0; index < nodes.size(); index++) {
            claim.buffer().putInt(at + index * 8, nodes.get(index).first(), ByteOrder.LITTLE_ENDIAN);
            claim.buffer().putInt(at + index * 8 + 4, nodes.get(index).end(), ByteOrder.LITTLE_ENDIAN);
        }
        peers[party[member]].commit();
        announced[member] = true;
        return true;
    }

    private boolean sendPartial(int member) {
        if (!announced[member] || partialsSent[member] == partialsFor(member)) {
            return false;
        }
        int nodes = holding.nodes().size();
        long chunk = partialsSent[member] / nodes;
        int index = (int) (partialsSent[member] % nodes);
        Node node = holding.nodes().get(index);
        int length = slices.chunkLength(member, chunk);
        long from = slices.chunkStart(member, chunk);
        BufferClaim claim =
                claim(member, Frame.PARTIAL, length * width, node.first(), node.end(), from, task.elements());
        if (claim == null) {
            return false;
        }
        holding.sum(index, from, length, payloadOf(claim));
        peers[party[member]].commit();
        partialsSent[member]++;
        return true;
    }

    private boolean sendSum(int member) {
        if (!announced[member] || !sendsSums() || sumsSent[member] == ready()) {
            return false;
        }
        int length = slices.chunkLength(me, sumsSent[member]);
        long from = slices.chunkStart(me, sumsSent[member]);
        BufferClaim claim = claim(member, Frame.SUM, length * width, 0, task.tree().shards(), from, task.elements());
        if (claim == null) {
            return false;
        }
        Offheap.copy(payloadOf(claim), target + from * width, (long) length * width);
        peers[party[member]].commit();
        sumsSent[member]++;
        return true;
    }

    private boolean take(int member) {
        Inbound head = inbox.head(party[member], task.number());
        if (head == null) {
            return false;
        }
        switch (head.kind()) {
            case Frame.HOLDING -> hear(member, head);
            case Frame.SUM -> takeSum(member, head);
            case Frame.PARTIAL, Frame.INTACT -> {
                return false; // in its turn
            }
            default -> throw unexpected(member, head);
        }
        head.consume();
        return true;
    }

    private void hear(int member, Inbound head) {
        if (head.first() != task.shape() || head.end() != slices.chunk() || head.total() != task.elements()) {
            throw new IllegalStateException(
                    task.disagreement(epoch.name(party[member]), head.first(), head.total(), epoch.name(epoch.rank())));
        }
        int count = (int) head.offset() * 2;
        boolean same = nodesOf[member].length == count;
        for (int at = 0; same && at < count; at++) {
            same = nodesOf[member][at] == head.payloadInt(at);
        }
        if (!same) {
            nodesOf[member] = IntStream.range(0, count).map(head::payloadInt).toArray();
            sum.forget();
        }
        heard[member] = true;
    }

    private void takeSum(int member, Inbound head) {
        long bytes = head.payloadBytes();
        if (!sendsSums() || head.offset() != slices.start(member) + sumsTaken[member]) {
            throw unexpected(member, head);
        }
        Offheap.copy(target + head.offset() * width, head.payload(), bytes);
        sumsTaken[member] += bytes / width;
    }

    private boolean reduce() {
        if (!pattern.reduces() || !isAgreed()) {
            return false; // the plan is that of the operation before, until all have said what they hold
        }
        if (!sum.isPlanned()) {
            sum.plan(holding.partials(), nodesOf);
        }
        return sum.advance();
    }

    /// Whether all have said what they hold, to us and, as far as we can tell, we to all: an arrangement that is
    /// refused is refused by everyone.
    private boolean isAgreed() {
        for (int member = 0; member < heard.length; member++) {
            if (!heard[member] || !announced[member]) {
                return false;
            }
        }
        return true;
    }

    private BufferClaim claim(int member, int kind, int bytes, int first, int end, long offset, long total) {
        BufferClaim claim = peers[party[member]].claim(bytes);
        if (claim != null) {
            Frame.encode(
                    claim.buffer(), claim.offset(), kind, epoch.rank(), epoch.group(), epoch.number(), task.number());
            Frame.encodePart(claim.buffer(), claim.offset(), first, end, offset, total, 0);
        }
        return claim;
    }

    private static long payloadOf(BufferClaim claim) {
        return claim.buffer().addressOffset() + claim.offset() + Frame.HEADER;
    }

    private IllegalStateException unexpected(int member, Inbound head) {
        return new IllegalStateException(
                "%s of epoch %d: %s sent a frame of kind %d at %d out of turn"
                        .formatted(task.name(), epoch.number(), epoch.name(party[member]), head.kind(), head.offset()));
    }
}
