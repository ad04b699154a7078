package dev.pando.collectives;

import io.aeron.logbuffer.BufferClaim;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// Receives spans from one member, and tells it so.
final class ReceiveState implements Work {
    private final Inbox inbox;
    private final Epoch epoch;
    private final Peer peer;
    private final int from;
    private final long operation;
    private final List<MemorySegment> spans;
    private final long total;
    private int span;
    private long within;
    private long received;
    private boolean complete;
    private boolean acknowledged;
    private String refusal;

    ReceiveState(Inbox inbox, Epoch epoch, Peer peer, int from, long operation, List<MemorySegment> spans) {
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
        return complete ? acknowledge() : take();
    }

    private boolean take() {
        Inbound head = inbox.head(from, operation);
        if (head == null) {
            return false;
        }
        if (head.kind() != Frame.STATE || refusal == null && head.offset() != received) {
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
        if (sent == total) {
            fill(head.payload(), head.payloadBytes());
        } else {
            refusal = name() + ": sent " + sent + " bytes to a receiver of " + total;
        }
        received += head.payloadBytes();
        head.consume();
        complete = received == sent;
        return true;
    }

    /// Frames end where the sender's spans end, which need not be where ours do.
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
        if (!peer.isReachable()) {
            return false;
        }
        BufferClaim claim = peer.claim(0);
        if (claim == null) {
            return false;
        }
        Frame.encode(
                claim.buffer(),
                claim.offset(),
                Frame.STATE_RECEIVED,
                epoch.rank(),
                epoch.group(),
                epoch.number(),
                operation);
        Frame.encodePart(claim.buffer(), claim.offset(), 0, 0, 0, total, 0);
        peer.commit();
        acknowledged = true;
        if (refusal != null) {
            throw new IllegalArgumentException(refusal);
        }
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
