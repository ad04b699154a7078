package dev.pando.collectives.exchange;

import dev.pando.collectives.wire.Epoch;
import dev.pando.collectives.wire.Frame;
import dev.pando.collectives.wire.Inbound;
import dev.pando.collectives.wire.Inbox;
import dev.pando.collectives.wire.Peer;
import dev.pando.collectives.wire.TransportSettings;
import io.aeron.logbuffer.BufferClaim;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;

/// The first thing that members of an epoch do together: everyone tells everyone how it would share numbers, so that
/// all take the same way.
public final class Hello implements OngoingOperation {
    /// In the place of an operation's number.
    static final long NUMBER = Long.MIN_VALUE;

    private static final int SHARES = 1;
    private static final int LOCAL = 2;
    private static final int NEIGHBOURLY = 4;

    private final Inbox inbox;
    private final Epoch epoch;
    private final Peer[] peers;
    private final TransportSettings settings;
    private final long operation; // before which all must meet
    private final boolean canShare;
    private final boolean[] greeted;
    private final boolean[] heard;
    private final boolean isLocal;
    private final boolean isNeighbourly;
    private boolean allShare;
    private boolean allNeighbourly;
    private final int hosts;
    private boolean allLocal;
    private int udpBytes;

    public Hello(Inbox inbox, Epoch epoch, Peer[] peers, TransportSettings settings, long operation) {
        this.operation = operation;
        this.inbox = inbox;
        this.epoch = epoch;
        this.peers = peers;
        this.settings = settings;
        this.greeted = new boolean[peers.length];
        this.heard = new boolean[peers.length];
        greeted[epoch.rank()] = true;
        heard[epoch.rank()] = true;
        canShare = settings.sharing() && Arrays.stream(peers).allMatch(peer -> peer == null || peer.spans() != null);
        isNeighbourly =
                settings.sharing()
                        && Arrays.stream(peers)
                                .allMatch(peer -> peer == null || !peer.isNeighbour() || peer.spans() != null);
        isLocal = Arrays.stream(peers).allMatch(peer -> peer == null || peer.isLocal());
        Set<String> names = new HashSet<>(Set.of(settings.host()));
        Arrays.stream(peers).filter(Objects::nonNull).map(Peer::host).forEach(names::add);
        hosts = names.size();
        allShare = canShare;
        allLocal = isLocal;
        udpBytes = ownUdpBytes();
        allNeighbourly = isNeighbourly;
    }

    /// What a datagram of every member can hold; known when done.
    public int udpBytes() {
        return udpBytes;
    }

    /// Whether every member can read every other's spans; known when done.
    public boolean allShare() {
        return allShare;
    }

    /// Whether no frame leaves the host; known when done.
    public boolean allLocal() {
        return allLocal;
    }

    /// Whether numbers should first be added within each host; known when done.
    public boolean isTwoLevel() {
        return allNeighbourly && !allShare && hosts < peers.length;
    }

    @Override
    public boolean advance() {
        boolean moved = false;
        for (int rank = 0; rank < peers.length; rank++) {
            moved |= !greeted[rank] && greet(rank);
            moved |= !heard[rank] && hear(rank);
        }
        return moved;
    }

    @Override
    public boolean isDone() {
        for (int rank = 0; rank < peers.length; rank++) {
            if (!greeted[rank] || !heard[rank]) {
                return false;
            }
        }
        return true;
    }

    @Override
    public boolean awaits(int rank) {
        return !greeted[rank] || !heard[rank];
    }

    @Override
    public String name() {
        return "operation " + operation;
    }

    private boolean greet(int rank) {
        BufferClaim claim = peers[rank].isReachable() ? peers[rank].claim(0) : null;
        if (claim == null) {
            return false;
        }
        Frame.encode(claim.buffer(), claim.offset(), Frame.HELLO, epoch.rank(), epoch.group(), epoch.number(), NUMBER);
        Frame.encodePart(
                claim.buffer(),
                claim.offset(),
                (canShare ? SHARES : 0) | (isLocal ? LOCAL : 0) | (isNeighbourly ? NEIGHBOURLY : 0),
                settings.chunkBytes(),
                settings.sliceBytes(),
                settings.eagerBytes(),
                ownUdpBytes());
        peers[rank].commit();
        greeted[rank] = true;
        return true;
    }

    private boolean hear(int rank) {
        Inbound head = inbox.head(rank, NUMBER);
        if (head == null) {
            return false;
        }
        boolean same =
                head.end() == settings.chunkBytes()
                        && head.offset() == settings.sliceBytes()
                        && head.total() == settings.eagerBytes();
        if (!same) {
            throw new IllegalStateException(
                    String.format(
                            Locale.ROOT,
                            "members must use the same sizes: %s has chunkBytes %d, sliceBytes %d, eagerBytes %d; %s"
                                    + " has %d, %d, %d",
                            epoch.name(rank),
                            head.end(),
                            head.offset(),
                            head.total(),
                            epoch.name(epoch.rank()),
                            settings.chunkBytes(),
                            settings.sliceBytes(),
                            settings.eagerBytes()));
        }
        udpBytes = head.extra() == 0 ? udpBytes : (int) Math.min(udpBytes, head.extra());
        allShare &= (head.first() & SHARES) != 0;
        allNeighbourly &= (head.first() & NEIGHBOURLY) != 0;
        allLocal &= (head.first() & LOCAL) != 0;
        heard[rank] = true;
        head.consume();
        return true;
    }

    /// What a datagram of this member holds; 0 where other hosts do not matter.
    private int ownUdpBytes() {
        return settings.udp().map(TransportSettings.Udp::chunkBytes).orElse(0);
    }
}
