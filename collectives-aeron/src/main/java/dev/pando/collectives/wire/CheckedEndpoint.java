package dev.pando.collectives.wire;

import io.aeron.driver.DataPacketDispatcher;
import io.aeron.driver.MediaDriver;
import io.aeron.driver.media.ReceiveChannelEndpoint;
import io.aeron.driver.media.UdpChannel;
import io.aeron.logbuffer.FrameDescriptor;
import io.aeron.protocol.DataHeaderFlyweight;
import java.net.InetSocketAddress;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.BitUtil;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.status.AtomicCounter;

/// Where datagrams enter the media driver: lets none in that was damaged on its way. To Aeron it is then lost, and is
/// asked for again.
public final class CheckedEndpoint extends ReceiveChannelEndpoint {
    /// What happens to datagrams before they arrive. Tests put a bad network here.
    @FunctionalInterface
    public interface Line {
        /// @return whether the datagram arrives; it may arrive changed
        boolean carries(UnsafeBuffer datagram, int length);
    }

    private final FrameChecksum checksum = new FrameChecksum();
    private final Line line;
    private final AtomicLong damaged;

    public CheckedEndpoint(
            UdpChannel channel,
            DataPacketDispatcher dispatcher,
            AtomicCounter status,
            MediaDriver.Context context,
            Line line,
            AtomicLong damaged) {
        super(channel, dispatcher, status, context);
        this.line = line;
        this.damaged = damaged;
    }

    @Override
    public int onDataPacket(
            DataHeaderFlyweight header, UnsafeBuffer buffer, int length, InetSocketAddress sender, int transportIndex) {
        if (!line.carries(buffer, length)) {
            return 0;
        }
        if (!isWhole(buffer, length)) {
            damaged.incrementAndGet();
            return 0;
        }
        return super.onDataPacket(header, buffer, length, sender, transportIndex);
    }

    /// A datagram holds one frame, several small ones, or only the header of padding or of a heartbeat.
    private boolean isWhole(UnsafeBuffer buffer, int length) {
        int at = 0;
        while (at + DataHeaderFlyweight.HEADER_LENGTH <= length) {
            int frame = FrameDescriptor.frameLength(buffer, at);
            if (frame == 0 || FrameDescriptor.isPaddingFrame(buffer, at)) {
                // comes last; elsewhere it is a frame whose header was damaged
                return at + DataHeaderFlyweight.HEADER_LENGTH == length && (frame > 0 || at == 0);
            }
            if (frame < DataHeaderFlyweight.HEADER_LENGTH || at + frame > length) {
                return false;
            }
            long stated = buffer.getLong(at + DataHeaderFlyweight.RESERVED_VALUE_OFFSET);
            if (stated != checksum.of(buffer.byteBuffer(), buffer.wrapAdjustment() + at, frame)) {
                return false;
            }
            at += BitUtil.align(frame, FrameDescriptor.FRAME_ALIGNMENT);
        }
        return at > 0;
    }
}
