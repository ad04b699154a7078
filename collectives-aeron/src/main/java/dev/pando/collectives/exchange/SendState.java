package dev.pando.collectives.exchange;

import dev.pando.collectives.memory.Offheap;
import dev.pando.collectives.memory.SpanFile;
import dev.pando.collectives.wire.Epoch;
import dev.pando.collectives.wire.Frame;
import dev.pando.collectives.wire.Inbound;
import dev.pando.collectives.wire.Inbox;
import dev.pando.collectives.wire.Peer;
import io.aeron.logbuffer.BufferClaim;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.List;

/// Sends spans to one member, which says when it has them all.
///
/// A neighbour is told where they lie, if all lie in this member's file, and reads them there. Everyone else, and a
/// neighbour that cannot read the file, is sent the bytes.
public final class SendState implements OngoingOperation {
    private static final int PLACE = 2 * Long.BYTES;

    private final Inbox inbox;
    private final Epoch epoch;
    private final Peer peer;
    private final int to;
    private final long operation;
    private final List<MemorySegment> spans;
    private final SpanFile own;
    private final long total;
    private final int chunkBytes;
    private boolean inPlace;
    private int span;
    private long within;
    private long sent;
    private boolean announced;
    private boolean received;

    /// @param own memory that neighbours can read, or null
    public SendState(
            Inbox inbox,
            Epoch epoch,
            Peer peer,
            int to,
            long operation,
            List<MemorySegment> spans,
            SpanFile own,
            int chunkBytes) {
        this.inbox = inbox;
        this.epoch = epoch;
        this.peer = peer;
        this.to = to;
        this.operation = operation;
        this.spans = spans.stream().filter(one -> one.byteSize() > 0).toList();
        this.own = own;
        this.total = spans.stream().mapToLong(MemorySegment::byteSize).sum();
        this.chunkBytes = chunkBytes;
        this.inPlace =
                own != null
                        && total > chunkBytes // else it takes one frame either way
                        && peer.isLocal()
                        && this.spans.stream().allMatch(one -> own.offsetOf(one) >= 0);
    }

    @Override
    public boolean advance() {
        if (announced && (inPlace || sent == total)) {
            return takeReceipt();
        }
        if (!peer.isReachable()) {
            return false;
        }
        inPlace &= spans.size() * PLACE <= peer.maxPayload();
        return inPlace ? sendPlaces() : sendBytes();
    }

    private boolean sendPlaces() {
        BufferClaim claim = peer.claim(spans.size() * PLACE);
        if (claim == null) {
            return false;
        }
        Frame.encode(
                claim.buffer(),
                claim.offset(),
                Frame.STATE_PLACES,
                epoch.rank(),
                epoch.group(),
                epoch.number(),
                operation);
        Frame.encodePart(claim.buffer(), claim.offset(), 0, spans.size(), 0, total, 0);
        int at = claim.offset() + Frame.HEADER;
        for (MemorySegment one : spans) {
            claim.buffer().putLong(at, own.offsetOf(one), ByteOrder.LITTLE_ENDIAN);
            claim.buffer().putLong(at + Long.BYTES, one.byteSize(), ByteOrder.LITTLE_ENDIAN);
            at += PLACE;
        }
        peer.commit();
        announced = true;
        return true;
    }

    private boolean sendBytes() {
        if (span < spans.size() && within == spans.get(span).byteSize()) {
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
        if (inPlace && head.kind() == Frame.STATE_WANTED) {
            head.consume();
            inPlace = false;
            announced = false;
            return true;
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
