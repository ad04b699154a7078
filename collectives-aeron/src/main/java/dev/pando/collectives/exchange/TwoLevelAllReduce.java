package dev.pando.collectives.exchange;

import dev.pando.collectives.memory.ControlBlock;
import dev.pando.collectives.memory.NeighbourFile;
import dev.pando.collectives.memory.Offheap;
import dev.pando.collectives.memory.SpanFile;
import dev.pando.collectives.sum.OperationRequest;
import dev.pando.collectives.sum.PartialDirectory;
import dev.pando.collectives.wire.Epoch;
import dev.pando.collectives.wire.Frame;
import dev.pando.collectives.wire.Hosts;
import dev.pando.collectives.wire.Inbound;
import dev.pando.collectives.wire.Inbox;
import dev.pando.collectives.wire.Peer;
import dev.pando.collectives.wire.TransportSettings;
import dev.pando.training.step.Collective.Partial;
import dev.pando.training.step.ShardTree.Node;
import io.aeron.logbuffer.BufferClaim;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// An all-reduce between hosts of which some have several members: every number leaves a host once, not once for each
/// of its members.
///
/// On each host one member speaks. It reads its neighbours' partial sums in place, as if it held them itself, and
/// reduces with the speakers of the other hosts through log buffers. Its neighbours then copy the sum.
///
/// A speaker may have read a span whose owner had left the epoch. So, when it has the sum, it looks at its neighbours'
/// boards, and tells the other speakers that all it has sent was whole; before all have said so, no member is done.
public final class TwoLevelAllReduce implements OngoingOperation {
    private static final long COPIED_AT_ONCE = 4 << 20;

    private final Inbox inbox;
    private final SpanFile own;
    private final LogExchange between;
    private final OperationRequest task = new OperationRequest();
    private final PartialDirectory roster = new PartialDirectory();
    private final List<Partial> ofHost = new ArrayList<>();

    private Epoch epoch;
    private Peer[] peers;
    private Hosts hosts;
    private int chunkBytes;
    private long identity;
    private OperationRequest asked;
    private long ownOffset;

    private boolean[] announced = {};
    private boolean[] heard = {};
    private boolean[] assured = {}; // speakers who know from us that what we sent was whole
    private boolean[] sure = {}; // speakers that we know to be sure
    private long sum; // address of the speaker's result
    private long copied;
    private boolean met;
    private boolean verified;
    private boolean finished;

    public TwoLevelAllReduce(Inbox inbox, SpanFile own, TransportSettings settings) {
        this.inbox = inbox;
        this.own = own;
        this.between = new LogExchange(inbox, settings);
    }

    public TwoLevelAllReduce begin(
            Epoch now, Peer[] others, Hosts where, int chunk, long nth, OperationRequest request) {
        if (epoch != now) {
            epoch = now;
            peers = others;
            hosts = where;
            announced = new boolean[now.size()];
            heard = new boolean[now.size()];
            assured = new boolean[now.size()];
            sure = new boolean[now.size()];
            roster.reset(now);
            ofHost.clear();
        }
        chunkBytes = chunk;
        identity = ControlBlock.identify(now.number(), nth);
        asked = request;
        ownOffset = own.offsetOf(request.taken());
        if (ownOffset < 0) {
            throw new IllegalArgumentException(name() + ": the result lies outside this member's memory()");
        }
        roster.takeOwn(now.rank(), own, request.partials());
        Arrays.fill(announced, false);
        Arrays.fill(heard, false);
        Arrays.fill(assured, false);
        Arrays.fill(sure, false);
        copied = 0;
        met = false;
        verified = false;
        finished = false;
        own.board().begin(identity);
        return this;
    }

    @Override
    public boolean advance() {
        if (!met) {
            return meet();
        }
        return speaks() ? speak() : copy();
    }

    @Override
    public boolean isDone() {
        if (!finished) {
            return false;
        }
        for (int rank : hosts.neighbours()) {
            if (speaks() && rank != epoch.rank() && !peers[rank].spans().board().hasFinished(identity)) {
                return false;
            }
        }
        return true;
    }

    @Override
    public boolean awaits(int rank) {
        if (rank == epoch.rank()) {
            return false;
        }
        boolean isNeighbour = Arrays.binarySearch(hosts.neighbours(), rank) >= 0;
        if (!speaks()) {
            return rank == hosts.speaker();
        }
        if (!met) {
            return isNeighbour && (!announced[rank] || !heard[rank]);
        }
        if (!between.isDone()) {
            return between.awaits(rank);
        }
        boolean isSpeaker = Arrays.binarySearch(hosts.speakers(), rank) >= 0;
        return finished
                ? isNeighbour && !peers[rank].spans().board().hasFinished(identity)
                : isSpeaker && (!assured[rank] || !sure[rank]) || isNeighbour && !verified;
    }

    @Override
    public String name() {
        return asked.name();
    }

    private boolean speaks() {
        return hosts.speaker() == epoch.rank();
    }

    /// The neighbours tell the speaker where their partial sums lie, and it tells them where its result will.
    private boolean meet() {
        boolean moved = false;
        boolean complete = true;
        for (int rank : hosts.neighbours()) {
            if (rank != epoch.rank() && (speaks() || rank == hosts.speaker())) {
                moved |= !announced[rank] && announce(rank);
                moved |= !heard[rank] && hear(rank);
                complete &= announced[rank] && heard[rank];
            }
        }
        if (complete) {
            met = true;
            if (speaks()) {
                gatherPartials();
                task.allReduce(asked.number(), asked.format(), asked.tree(), ofHost, asked.taken());
                between.begin(epoch, peers, hosts.speakers(), chunkBytes, task);
            }
        }
        return moved || complete;
    }

    private boolean announce(int rank) {
        announced[rank] = SpansFrame.send(peers[rank], epoch, asked, identity, roster, ownOffset);
        return announced[rank];
    }

    private boolean hear(int rank) {
        long given = SpansFrame.receive(inbox, rank, epoch, asked, identity, roster);
        if (given == Long.MIN_VALUE) {
            return false;
        }
        NeighbourFile file = peers[rank].spans();
        long last = roster.count(rank) == 0 ? 0 : roster.lastOffset(rank) + asked.bytes();
        file.reach(Math.max(given + asked.bytes(), last));
        sum = file.address() + given;
        heard[rank] = true;
        return true;
    }

    /// The partial sums of all members of the host, as spans that this member can read. Nothing is allocated while they
    /// lie where they lay before.
    private void gatherPartials() {
        int at = 0;
        for (int rank : hosts.neighbours()) {
            for (int index = 0; index < roster.count(rank); index++) {
                long address =
                        rank == epoch.rank()
                                ? asked.partials().get(index).span().address()
                                : peers[rank].spans().address() + roster.offset(rank, index);
                place(at++, roster.first(rank, index), roster.end(rank, index), address);
            }
        }
        while (ofHost.size() > at) {
            ofHost.removeLast();
        }
    }

    private void place(int at, int first, int end, long address) {
        if (at < ofHost.size()) {
            Partial before = ofHost.get(at);
            if (before.node().first() == first
                    && before.node().end() == end
                    && before.span().address() == address
                    && before.span().byteSize() == asked.bytes()) {
                return;
            }
            ofHost.set(at, partial(first, end, address));
        } else {
            ofHost.add(partial(first, end, address));
        }
    }

    private Partial partial(int first, int end, long address) {
        return new Partial(new Node(first, end), MemorySegment.ofAddress(address).reinterpret(asked.bytes()));
    }

    private boolean speak() {
        if (!between.isDone()) {
            return between.advance();
        }
        if (!verified) {
            VarHandle.loadLoadFence(); // what was read before, then the boards
            verified = areNeighboursInEpoch();
            return verified;
        }
        boolean moved = false;
        boolean complete = true;
        for (int rank : hosts.speakers()) {
            if (rank != epoch.rank()) {
                moved |= !assured[rank] && assure(rank);
                moved |= !sure[rank] && becomeSure(rank);
                complete &= assured[rank] && sure[rank];
            }
        }
        if (complete && !finished) {
            finished = true;
            own.board().reduced(1);
            own.board().finish(identity);
            return true;
        }
        return moved;
    }

    private boolean areNeighboursInEpoch() {
        for (int rank : hosts.neighbours()) {
            if (rank != epoch.rank() && peers[rank].spans().board().epoch() != epoch.number()) {
                return false;
            }
        }
        return true;
    }

    private boolean assure(int rank) {
        BufferClaim claim = peers[rank].isReachable() ? peers[rank].claim(0) : null;
        if (claim == null) {
            return false;
        }
        Frame.encode(
                claim.buffer(),
                claim.offset(),
                Frame.INTACT,
                epoch.rank(),
                epoch.group(),
                epoch.number(),
                asked.number());
        Frame.encodePart(claim.buffer(), claim.offset(), 0, 0, 0, 0, 0);
        peers[rank].commit();
        assured[rank] = true;
        return true;
    }

    private boolean becomeSure(int rank) {
        Inbound head = inbox.head(rank, asked.number());
        if (head == null) {
            return false;
        }
        if (head.kind() != Frame.INTACT) {
            throw new IllegalStateException(
                    "%s of epoch %d: %s sent a frame of kind %d out of turn"
                            .formatted(name(), epoch.number(), epoch.name(rank), head.kind()));
        }
        head.consume();
        sure[rank] = true;
        return true;
    }

    private boolean copy() {
        ControlBlock board = peers[hosts.speaker()].spans().board();
        if (finished || board.reduced(identity) == 0) {
            return false;
        }
        if (copied < asked.bytes()) {
            long bytes = Math.min(COPIED_AT_ONCE, asked.bytes() - copied);
            Offheap.copy(asked.taken().address() + copied, sum + copied, bytes);
            copied += bytes;
            return true;
        }
        VarHandle.loadLoadFence(); // what was read before, then the board
        finished = board.epoch() == epoch.number();
        if (finished) {
            own.board().finish(identity);
        }
        return finished;
    }
}
