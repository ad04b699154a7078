package dev.pando.collectives.wire;

import dev.pando.collectives.memory.NeighbourFile;
import dev.pando.collectives.memory.ProcessId;
import dev.pando.training.step.Collective;
import io.aeron.Aeron;
import io.aeron.CommonContext;
import io.aeron.ExclusivePublication;
import io.aeron.Publication;
import io.aeron.logbuffer.BufferClaim;
import java.nio.file.Path;
import org.agrona.MutableDirectBuffer;

/// Another member as this one sees it: the streams into its inbox, and whether it is known to be gone.
///
/// Lives as long as epochs name it. Used by the device thread alone.
public final class Peer implements AutoCloseable {
    private final Collective.Member member;
    private final Address address;
    private final Links links;
    private final Traffic traffic;
    private final BufferClaim claim = new BufferClaim();
    private Aeron aeron;
    private long[] pending = {};
    private ExclusivePublication[] lanes = {};
    private int reached; // lanes that are there
    private int turn;
    private boolean nudged = true;
    private FrameChecksum checksum;
    private NeighbourFile spans;
    private boolean looked;

    public Peer(Collective.Member member, Links links, Traffic traffic) {
        this.member = member;
        this.address = Address.parse(member.address());
        this.links = links;
        links.obituaries().watch(address.process());
        this.traffic = traffic;
    }

    Collective.Member member() {
        return member;
    }

    /// Identity of the machine that it is on.
    public String host() {
        return address.host();
    }

    public boolean isNeighbour() {
        return address.host().equals(links.host());
    }

    /// Whether frames reach it through the memory of this host.
    public boolean isLocal() {
        return isNeighbour() && links.sees(address);
    }

    /// An epoch begins: its first frame is on the first lane.
    public void begin() {
        turn = 0;
        nudged = true;
    }

    /// Whether frames can be sent; if not yet, does the next thing that brings this about.
    public boolean isReachable() {
        if (aeron == null) {
            call();
            return false;
        }
        if (reached < pending.length && aeron.isClosed()) {
            return false;
        }
        while (reached < pending.length) {
            ExclusivePublication lane = aeron.getExclusivePublication(pending[reached]);
            if (lane == null) {
                return false;
            }
            lanes[reached++] = lane;
        }
        for (ExclusivePublication lane : lanes) {
            if (!lane.isConnected()) {
                return false;
            }
        }
        return true;
    }

    private void call() {
        boolean local = isLocal();
        aeron = local ? links.clientOf(address) : links.home();
        if (aeron == null) {
            return;
        }
        checksum = local ? null : new FrameChecksum();
        String channel = local ? CommonContext.IPC_CHANNEL : links.channelTo(member.name(), address);
        pending = new long[local ? 1 : links.lanes()];
        lanes = new ExclusivePublication[pending.length];
        for (int lane = 0; lane < pending.length; lane++) {
            pending[lane] = aeron.asyncAddExclusivePublication(channel, address.stream());
        }
    }

    /// Its span file, if it can be read from here, or null.
    public NeighbourFile spans() {
        if (!looked && !address.spans().isEmpty() && isNeighbour()) {
            looked = true;
            spans = NeighbourFile.open(Path.of(address.spans()), address.token());
        }
        return spans;
    }

    /// Largest payload of a frame.
    public int maxPayload() {
        return lanes[0].maxPayloadLength() - Frame.HEADER;
    }

    /// Claims room for a frame in the log buffer.
    ///
    /// @return null if none has arrived
    public BufferClaim claim(int payloadBytes) {
        long position = lanes[turn].tryClaim(Frame.HEADER + payloadBytes, claim);
        if (position > 0) {
            traffic.sent(payloadBytes);
            return claim;
        }
        if (position == Publication.MAX_POSITION_EXCEEDED) {
            throw new IllegalStateException(
                    "the stream to " + member.name() + " is used up; its members must join again");
        }
        return null;
    }

    /// Hands a claimed frame over. What leaves the host carries a checksum.
    public void commit() {
        Frame.encodeLane(claim.buffer(), claim.offset(), turn, lanes.length);
        turn = (turn + 1) % lanes.length;
        nudged = false;
        if (checksum != null) {
            MutableDirectBuffer frame = claim.buffer();
            claim.reservedValue(checksum.of(frame.byteBuffer(), frame.wrapAdjustment(), frame.capacity()));
        }
        claim.commit();
    }

    /// Sends something on every lane after what was sent there, unless that was done already: whether a stream's end
    /// was lost shows only in what comes behind it.
    public void nudge(Epoch epoch) {
        for (int lane = 0; !nudged && lanes.length > 1 && lane < lanes.length; lane++) {
            BufferClaim room = claim(0);
            if (room == null) {
                return;
            }
            Frame.encode(room.buffer(), room.offset(), Frame.NUDGE, epoch.rank(), epoch.group(), epoch.number(), 0);
            commit();
        }
        nudged = true;
    }

    /// The epoch in which it stands, as far as its board can be read; else 0.
    public long standsIn() {
        return spans() == null ? 0 : spans.board().epoch();
    }

    /// @return why we believe that nothing more will come from it, or null
    public String evidence() {
        return hasLeft() ? "it has left" : death();
    }

    private boolean hasLeft() {
        boolean isOurs = address.process().equals(ProcessId.self());
        return isOurs && !links.isOpen(member.address()) || spans() != null && spans.board().hasLeft();
    }

    /// @return why we believe that it was torn away, or null
    public String death() {
        if (hasLeft()) {
            return null;
        }
        if (links.obituaries().isGone(address.process())) {
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
        for (int lane = 0; lane < pending.length; lane++) {
            if (lane < reached) {
                lanes[lane].close();
            } else {
                aeron.asyncRemovePublication(pending[lane]);
            }
        }
    }
}
