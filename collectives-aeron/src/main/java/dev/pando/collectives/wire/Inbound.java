package dev.pando.collectives.wire;

import io.aeron.Image;
import io.aeron.logbuffer.ControlledFragmentHandler;
import io.aeron.logbuffer.Header;
import java.nio.ByteOrder;
import org.agrona.DirectBuffer;

/// One sender's stream as it arrives: shows the frame at its head, in the log buffer, until that is consumed.
public final class Inbound implements ControlledFragmentHandler {
    private final Image image;
    private boolean present;
    private long next;
    private DirectBuffer buffer;
    private int offset;
    private int length;
    private StreamStripes lanes;

    Inbound(Image image) {
        this.image = image;
    }

    Image image() {
        return image;
    }

    /// Whether a frame has arrived that is not consumed yet.
    boolean hasHead() {
        if (present) {
            return true;
        }
        if (image.isClosed()) {
            return false;
        }
        long position = image.position();
        next = image.controlledPeek(position, this, Long.MAX_VALUE);
        if (!present && next > position) {
            image.position(next); // padding at the end of a term
        }
        return present;
    }

    /// The frame at the head is one of this sender's, in this epoch.
    void belongsTo(StreamStripes sender) {
        lanes = sender;
    }

    /// Goes on to what comes next, which may be on another of the sender's streams.
    public void consume() {
        drop();
        lanes.next();
    }

    /// Forgets a frame that is not of this epoch.
    void drop() {
        present = false;
        image.position(next);
    }

    public int kind() {
        return Frame.kind(buffer, offset);
    }

    int rank() {
        return Frame.rank(buffer, offset);
    }

    int lane() {
        return Frame.lane(buffer, offset);
    }

    int lanes() {
        return Frame.lanes(buffer, offset);
    }

    long group() {
        return Frame.group(buffer, offset);
    }

    long epoch() {
        return Frame.epoch(buffer, offset);
    }

    long operation() {
        return Frame.operation(buffer, offset);
    }

    public int first() {
        return Frame.first(buffer, offset);
    }

    public int end() {
        return Frame.end(buffer, offset);
    }

    public long offset() {
        return Frame.offset(buffer, offset);
    }

    public long total() {
        return Frame.total(buffer, offset);
    }

    public long extra() {
        return Frame.extra(buffer, offset);
    }

    /// Address of the payload within the log buffer.
    public long payload() {
        return buffer.addressOffset() + offset + Frame.HEADER;
    }

    public int payloadBytes() {
        return length - Frame.HEADER;
    }

    public int payloadInt(int at) {
        return buffer.getInt(offset + Frame.HEADER + at * Integer.BYTES, ByteOrder.LITTLE_ENDIAN);
    }

    public long payloadLong(int at) {
        return buffer.getLong(offset + Frame.HEADER + at * Long.BYTES, ByteOrder.LITTLE_ENDIAN);
    }

    /// Whether this is a frame that we can read.
    boolean isKnown() {
        return Frame.isKnown(buffer, offset, length);
    }

    @Override
    public Action onFragment(DirectBuffer fragment, int at, int bytes, Header header) {
        present = true;
        buffer = fragment;
        offset = at;
        length = bytes;
        return Action.BREAK;
    }
}
