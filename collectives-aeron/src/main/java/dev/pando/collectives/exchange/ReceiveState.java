package dev.pando.collectives.exchange;

import dev.pando.collectives.memory.NeighbourFile;
import dev.pando.collectives.memory.Offheap;
import dev.pando.collectives.wire.Epoch;
import dev.pando.collectives.wire.Frame;
import dev.pando.collectives.wire.Inbound;
import dev.pando.collectives.wire.Inbox;
import dev.pando.collectives.wire.Peer;
import io.aeron.logbuffer.BufferClaim;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.List;

/// Receives spans from one member, and tells it so: out of the frames in which they come, or out of a neighbour's file
/// where they lie.
public final class ReceiveState implements OngoingOperation {
    private static final long AT_A_TIME = 8 << 20; // so that a newer epoch is soon seen

    private final Inbox inbox;
    private final Epoch epoch;
    private final Peer peer;
    private final int from;
    private final long operation;
    private final List<MemorySegment> spans;
    private final long total;
    private long[] places = {}; // in the sender's file, and how long: pairs
    private int place;
    private long read; // of this place
    private int span;
    private long within;
    private long received;
    private boolean outOfReach;
    private boolean complete;
    private boolean acknowledged;
    private String refusal;

    public ReceiveState(Inbox inbox, Epoch epoch, Peer peer, int from, long operation, List<MemorySegment> spans) {
        this.inbox = inbox;
        this.epoch = epoch;
        this.peer = peer;
        this.from = from;
        this.operation = operation;
        this.spans = List.copyOf(spans);
        this.total = spans.stream().mapToLong(MemorySegment::byteSize).sum();
    }

    @Override
    public boolean advance() {
        if (complete) {
            return acknowledge();
        }
        if (outOfReach) {
            outOfReach = !tell(Frame.STATE_WANTED);
            return !outOfReach;
        }
        return places.length > 0 ? readInPlace() : take();
    }

    private boolean take() {
        Inbound head = inbox.head(from, operation);
        if (head == null) {
            return false;
        }
        boolean inPlace = head.kind() == Frame.STATE_PLACES && received == 0;
        if (!inPlace && (head.kind() != Frame.STATE || refusal == null && head.offset() != received)) {
            throw new IllegalStateException(
                    name()
                            + " of epoch "
                            + epoch.number()
                            + ": got a frame of kind "
                            + head.kind()
                            + " at "
                            + head.offset()
                            + " out of turn");
        }
        long sent = head.total();
        if (sent != total) {
            refusal = name() + ": sent " + sent + " bytes to a receiver of " + total;
        } else if (inPlace) {
            locate(head);
        } else {
            fill(head.payload(), head.payloadBytes());
        }
        received += inPlace ? 0 : head.payloadBytes();
        complete = inPlace ? refusal != null : received == sent;
        head.consume();
        return true;
    }

    private void locate(Inbound head) {
        NeighbourFile file = peer.spans();
        if (file == null) {
            outOfReach = true;
            return;
        }
        places = new long[2 * head.end()];
        long end = 0;
        for (int at = 0; at < places.length; at += 2) {
            places[at] = head.payloadLong(at);
            places[at + 1] = head.payloadLong(at + 1);
            end = Math.max(end, places[at] + places[at + 1]);
        }
        file.reach(end);
    }

    /// What was read counts only if its owner stands in the epoch still: it changes its board before it touches its
    /// spans again.
    private boolean readInPlace() {
        if (received == total) {
            VarHandle.loadLoadFence(); // what was read before, then the board
            complete = peer.spans().board().epoch() == epoch.number();
            return complete;
        }
        long bytes = Math.min(AT_A_TIME, places[place + 1] - read);
        fill(peer.spans().address() + places[place] + read, bytes);
        received += bytes;
        read += bytes;
        if (read == places[place + 1]) {
            place += 2;
            read = 0;
        }
        return true;
    }

    /// Pieces end where the sender's spans end, which need not be where ours do.
    private void fill(long payload, long bytes) {
        long taken = 0;
        while (taken < bytes) {
            long room = spans.get(span).byteSize() - within;
            if (room == 0) {
                span++;
                within = 0;
                continue;
            }
            long run = Math.min(room, bytes - taken);
            Offheap.copy(spans.get(span).address() + within, payload + taken, run);
            within += run;
            taken += run;
        }
    }

    private boolean acknowledge() {
        acknowledged = tell(Frame.STATE_RECEIVED);
        if (acknowledged && refusal != null) {
            throw new IllegalArgumentException(refusal);
        }
        return acknowledged;
    }

    private boolean tell(int kind) {
        if (!peer.isReachable()) {
            return false;
        }
        BufferClaim claim = peer.claim(0);
        if (claim == null) {
            return false;
        }
        Frame.encode(claim.buffer(), claim.offset(), kind, epoch.rank(), epoch.group(), epoch.number(), operation);
        Frame.encodePart(claim.buffer(), claim.offset(), 0, 0, 0, total, 0);
        peer.commit();
        return true;
    }

    @Override
    public boolean isDone() {
        return acknowledged;
    }

    @Override
    public boolean awaits(int rank) {
        return rank == from && inbox.head(from, operation) == null;
    }

    @Override
    public String name() {
        return "receive " + operation + " from " + epoch.name(from);
    }
}
