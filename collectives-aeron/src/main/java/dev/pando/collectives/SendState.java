package dev.pando.collectives;

import io.aeron.logbuffer.BufferClaim;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// Sends spans to one member, which says when it has them all.
final class SendState implements Work {
    private final Inbox inbox;
    private final Epoch epoch;
    private final Peer peer;
    private final int to;
    private final long operation;
    private final List<MemorySegment> spans;
    private final long total;
    private final int chunkBytes;
    private int span;
    private long within;
    private long sent;
    private boolean announced;
    private boolean received;

    SendState(Inbox inbox, Epoch epoch, Peer peer, int to, long operation, List<MemorySegment> spans, int chunkBytes) {
        this.inbox = inbox;
        this.epoch = epoch;
        this.peer = peer;
        this.to = to;
        this.operation = operation;
        this.spans = List.copyOf(spans);
        this.total = spans.stream().mapToLong(MemorySegment::byteSize).sum();
        this.chunkBytes = chunkBytes;
    }

    @Override
    public boolean advance() {
        if (announced && sent == total) {
            return takeReceipt();
        }
        if (!peer.isReachable()) {
            return false;
        }
        while (span < spans.size() && within == spans.get(span).byteSize()) {
            span++;
            within = 0;
        }
        int bytes =
                span == spans.size()
                        ? 0
                        : (int) Math.min(Math.min(chunkBytes, peer.maxPayload()), spans.get(span).byteSize() - within);
        BufferClaim claim = peer.claim(bytes);
        if (claim == null) {
            return false;
        }
        Frame.encode(
                claim.buffer(), claim.offset(), Frame.STATE, epoch.rank(), epoch.group(), epoch.number(), operation);
        Frame.encodePart(claim.buffer(), claim.offset(), 0, 0, sent, total, 0);
        long payload = claim.buffer().addressOffset() + claim.offset() + Frame.HEADER;
        if (bytes > 0) {
            Offheap.copy(payload, spans.get(span).address() + within, bytes);
        }
        peer.commit();
        announced = true;
        within += bytes;
        sent += bytes;
        return true;
    }

    private boolean takeReceipt() {
        Inbound head = inbox.head(to, operation);
        if (head == null) {
            return false;
        }
        if (head.kind() != Frame.STATE_RECEIVED) {
            throw new IllegalStateException(
                    name() + " of epoch " + epoch.number() + ": got a frame of kind " + head.kind() + " for a receipt");
        }
        long expected = head.total();
        head.consume();
        if (expected != total) {
            throw new IllegalArgumentException(name() + ": sent " + total + " bytes to a receiver of " + expected);
        }
        received = true;
        return true;
    }

    @Override
    public boolean isDone() {
        return received;
    }

    @Override
    public boolean awaits(int rank) {
        return rank == to && inbox.head(to, operation) == null;
    }

    @Override
    public String name() {
        return "send " + operation + " to " + epoch.name(to);
    }
}
