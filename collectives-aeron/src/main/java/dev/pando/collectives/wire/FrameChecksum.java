package dev.pando.collectives.wire;

import static io.aeron.protocol.DataHeaderFlyweight.HEADER_LENGTH;
import static io.aeron.protocol.DataHeaderFlyweight.RESERVED_VALUE_OFFSET;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/// The checksum of one of Aeron's data frames: CRC-32C of its header, but for the length and the field that holds the
/// checksum, and of its payload.
///
/// Used by one thread alone. Remembers a view of each buffer that it has seen, so that nothing is allocated later.
final class FrameChecksum {
    private static final int AFTER_LENGTH = 4;
    private static final int VIEWS = 8;

    private final CRC32C crc = new CRC32C();
    private final ByteBuffer[] seen = new ByteBuffer[VIEWS];
    private final ByteBuffer[] views = new ByteBuffer[VIEWS];
    private int next;

    /// @param buffer that holds the frame
    /// @param at first byte of its header
    /// @param length header included
    /// @return never 0, so that a frame without a checksum is known by its 0
    long of(ByteBuffer buffer, int at, int length) {
        ByteBuffer view = view(buffer);
        crc.reset();
        update(view, at + AFTER_LENGTH, at + RESERVED_VALUE_OFFSET);
        update(view, at + HEADER_LENGTH, at + length);
        return crc.getValue() | 1L << 32;
    }

    private void update(ByteBuffer view, int from, int to) {
        view.limit(to).position(from);
        crc.update(view);
    }

    @SuppressWarnings("ReferenceEquality") // buffers with equal bytes are not the same memory
    private ByteBuffer view(ByteBuffer buffer) {
        for (int index = 0; index < VIEWS; index++) {
            if (seen[index] == buffer) {
                return views[index].clear();
            }
        }
        seen[next] = buffer;
        views[next] = buffer.duplicate().clear();
        int taken = next;
        next = (next + 1) % VIEWS;
        return views[taken];
    }
}
