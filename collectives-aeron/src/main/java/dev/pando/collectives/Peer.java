package dev.pando.collectives;

import dev.pando.training.step.Collective;
import io.aeron.Aeron;
import io.aeron.CommonContext;
import io.aeron.ExclusivePublication;
import io.aeron.Publication;
import io.aeron.logbuffer.BufferClaim;
import java.nio.file.Path;
import org.agrona.MutableDirectBuffer;

/// Another member as this one sees it: the stream into its inbox, and whether it is known to be gone.
///
/// Lives as long as epochs name it. Used by the device thread alone.
final class Peer implements AutoCloseable {
    private final Collective.Member member;
    private final Address address;
    private final Transport transport;
    private final Traffic traffic;
    private final BufferClaim claim = new BufferClaim();
    private Aeron aeron;
    private long pending = Aeron.NULL_VALUE;
    private ExclusivePublication publication;
    private FrameChecksum checksum;
    private NeighbourFile spans;
    private boolean looked;

    Peer(Collective.Member member, Transport transport, Traffic traffic) {
        this.member = member;
        this.address = Address.parse(member.address());
        this.transport = transport;
        transport.obituaries().watch(address.process());
        this.traffic = traffic;
    }

    Collective.Member member() {
        return member;
    }

    /// Identity of the machine that it is on.
    String host() {
        return address.host();
    }

    boolean isNeighbour() {
        return address.host().equals(transport.host());
    }

    /// Whether frames reach it through the memory of this host.
    boolean isLocal() {
        return isNeighbour() && transport.sees(address);
    }

    /// Whether frames can be sent; if not yet, does the next thing that brings this about.
    boolean isReachable() {
        if (publication != null) {
            return publication.isConnected();
        }
        if (aeron != null && aeron.isClosed()) {
            return false;
        }
        if (pending == Aeron.NULL_VALUE) {
            boolean local = isLocal();
            aeron = local ? transport.clientOf(address) : transport.home();
            if (aeron == null) {
                return false;
            }
            checksum = local ? null : new FrameChecksum();
            String channel = local ? CommonContext.IPC_CHANNEL : transport.channelTo(member.name(), address);
            pending = aeron.asyncAddExclusivePublication(channel, address.stream());
            return false;
        }
        publication = aeron.getExclusivePublication(pending);
        return publication != null && publication.isConnected();
    }

    /// Its span file, if it can be read from here, or null.
    NeighbourFile spans() {
        if (!looked && !address.spans().isEmpty() && isNeighbour()) {
            looked = true;
            spans = NeighbourFile.open(Path.of(address.spans()), address.token());
        }
        return spans;
    }

    /// Largest payload of a frame.
    int maxPayload() {
        return publication.maxPayloadLength() - Frame.HEADER;
    }

    /// Claims room for a frame in the log buffer.
    ///
    /// @return null if there is none just now
    BufferClaim claim(int payloadBytes) {
        long position = publication.tryClaim(Frame.HEADER + payloadBytes, claim);
        if (position > 0) {
            traffic.sent(payloadBytes);
            return claim;
        }
        if (position == Publication.MAX_POSITION_EXCEEDED) {
            throw new IllegalStateException(
                    "the stream to " + member.name() + " is used up; its members must join anew");
        }
        return null;
    }

    /// Hands a claimed frame over. What leaves the host carries a checksum.
    void commit() {
        if (checksum != null) {
            MutableDirectBuffer frame = claim.buffer();
            claim.reservedValue(checksum.of(frame.byteBuffer(), frame.wrapAdjustment(), frame.capacity()));
        }
        claim.commit();
    }

    /// The epoch in which it stands, as far as its board can be read; else 0.
    long standsIn() {
        return spans() == null ? 0 : spans.board().epoch();
    }

    /// @return why we believe that nothing more will come from it, or null
    String evidence() {
        return hasLeft() ? "it has left" : death();
    }

    private boolean hasLeft() {
        boolean isOurs = address.process().equals(ProcessId.self());
        return isOurs && !Transport.isOpen(member.address()) || spans() != null && spans.board().hasLeft();
    }

    /// @return why we believe that it was torn away, or null
    String death() {
        if (hasLeft()) {
            return null;
        }
        if (transport.obituaries().isGone(address.process())) {
            return "its process " + address.process().pid() + " has ended";
        }
        if (aeron != null && aeron.isClosed()) {
            return "its media driver has ended";
        }
        return null;
    }

    @Override
    public void close() {
        if (spans != null) {
            spans.close();
            spans = null;
        }
        if (aeron == null || aeron.isClosed()) {
            return;
        }
        if (publication != null) {
            publication.close();
        } else if (pending != Aeron.NULL_VALUE) {
            aeron.asyncRemovePublication(pending);
        }
    }
}
