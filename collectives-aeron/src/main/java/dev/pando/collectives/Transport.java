package dev.pando.collectives;

import dev.pando.collectives.memory.NodeFolder;
import dev.pando.collectives.memory.Obituaries;
import dev.pando.collectives.memory.ProcessId;
import dev.pando.collectives.memory.SpanFile;
import dev.pando.collectives.wire.Address;
import dev.pando.collectives.wire.CheckedEndpoint;
import dev.pando.collectives.wire.Counters;
import dev.pando.collectives.wire.Inbox;
import dev.pando.collectives.wire.LastWait;
import dev.pando.collectives.wire.Links;
import dev.pando.collectives.wire.Traffic;
import dev.pando.collectives.wire.TransportSettings;
import io.aeron.Aeron;
import io.aeron.ChannelUriStringBuilder;
import io.aeron.CommonContext;
import io.aeron.exceptions.DriverTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/// A node's place on the network: owns its media driver and what goes with it, and gives each of the node's workers a
/// [Communicator].
///
/// Every node embeds a driver, and an inbox lives at the driver of its reader: senders of the same host attach to that
/// driver. So the death of a process takes only its own inbox away. A driver that runs already can be named in the
/// settings; then all share it.
///
/// A driver that is gone is replaced when the next member joins. Members of the old one end with an error, and their
/// workers join again.
public final class Transport implements AutoCloseable {
    private static final long HOUSEKEEPING_NS = 2_000_000;
    private static final int LOOK_EVERY = 5; // rounds of housekeeping
    private static final int PORT_LOOKS = 2_500; // two milliseconds each

    private static final System.Logger LOG = System.getLogger(Transport.class.getName());

    /// Addresses of the members that are open in this JVM: their end needs no other evidence.
    private static final Set<String> OPEN = ConcurrentHashMap.newKeySet();

    private final TransportSettings settings;
    private final HomeDriver.Clocks clocks;
    private final CheckedEndpoint.Line line;
    private final NodeFolder folder;
    private final Map<String, Aeron> clients = new ConcurrentHashMap<>(); // of neighbours' drivers
    private final SecureRandom random = new SecureRandom();
    private final Set<AeronCollective> members = ConcurrentHashMap.newKeySet();
    private final AtomicLong damaged = new AtomicLong();
    private final Obituaries obituaries = new Obituaries();
    private final Thread housekeeper;
    private final Object homes = new Object(); // guards what follows
    private final List<HomeDriver> gone = new ArrayList<>(); // some member may still look into its memory
    private volatile HomeDriver home;
    private int launched;
    private volatile boolean closed;

    private Transport(TransportSettings settings, HomeDriver.Clocks clocks, CheckedEndpoint.Line line) {
        this.settings = settings;
        this.clocks = clocks;
        this.line = line;
        settings.driver().ifPresent(Transport::mustRun);
        this.folder = NodeFolder.createIn(settings.directory());
        try {
            this.home = launch();
        } catch (RuntimeException failure) {
            folder.close();
            throw failure;
        }
        this.housekeeper = Thread.ofPlatform().name("pando-transport").daemon().start(this::keepHouse);
    }

    public static Transport start(TransportSettings settings) {
        return start(settings, (_, _) -> true);
    }

    /// @param line what happens to datagrams on their way here
    static Transport start(TransportSettings settings, CheckedEndpoint.Line line) {
        return start(settings, HomeDriver.Clocks.MONOTONIC, line);
    }

    static Transport start(TransportSettings settings, HomeDriver.Clocks clocks, CheckedEndpoint.Line line) {
        return new Transport(settings, clocks, line);
    }

    private HomeDriver launch() {
        return settings.driver()
                .map(HomeDriver::at)
                .orElseGet(() ->
                        HomeDriver.embed(
                                settings, folder.path().resolve("driver-" + ++launched), clocks, line, damaged));
    }

    /// The driver that a member joins at: another one where the one before is gone, whatever ended it.
    private HomeDriver livingHome() {
        synchronized (homes) {
            if (home.isGone() && !closed) {
                settings.driver().ifPresent(Transport::mustRun);
                HomeDriver next = launch();
                LOG.log(
                        System.Logger.Level.WARNING,
                        "the media driver at {0} is gone; workers join at {1} from here on",
                        home.directory(),
                        next.directory());
                gone.add(home);
                home = next;
                closeTheGone();
            }
            return home;
        }
    }

    private void closeTheGone() {
        synchronized (homes) {
            gone.removeIf(driver -> {
                boolean unused = members.stream().noneMatch(member -> member.livesAt(driver));
                if (unused) {
                    driver.close();
                }
                return unused;
            });
        }
    }

    /// A worker's member, which belongs to no group until it enters an epoch of one.
    ///
    /// @param worker its name in errors and counters
    public Communicator join(String worker) {
        if (closed) {
            throw new IllegalStateException("the transport is closed; " + worker + " cannot join");
        }
        HomeDriver at = livingHome();
        // any number that is free at a driver which others may share
        int stream = random.nextInt(1, Integer.MAX_VALUE);
        long token = random.nextLong();
        Traffic traffic = new Traffic();
        SpanFile spans =
                settings.sharing() ? SpanFile.create(worker, folder.path().resolve("spans-" + stream), token) : null;
        List<String> channels = new ArrayList<>(List.of(CommonContext.IPC_CHANNEL));
        settings.udp().ifPresent(udp -> channels.add(channel(udp.address() + ":0", udp)));
        Inbox inbox = new Inbox(at.client(), channels, stream, traffic);
        Address address =
                new Address(
                        settings.host(),
                        ProcessId.self(),
                        at.directory(),
                        stream,
                        spans == null ? "" : spans.path().toString(),
                        token,
                        settings.udp().isPresent() ? endpoint(inbox) : "");
        AeronCollective member = new AeronCollective(worker, this, at, settings, address, inbox, spans, traffic);
        members.add(member);
        OPEN.add(member.address());
        return member;
    }

    /// What the node's members have done, by worker.
    public SortedMap<String, Counters> counters() {
        SortedMap<String, Counters> counters = new TreeMap<>();
        members.forEach(member -> counters.put(member.worker(), member.counters()));
        return counters;
    }

    /// Datagrams that were damaged on their way here, and asked for again.
    public long damagedDatagrams() {
        return damaged.get();
    }

    /// Frames that this node has sent again, because they were lost or damaged; 0 if its driver is not embedded.
    public long retransmits() {
        return home.retransmits();
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        List.copyOf(members).forEach(AeronCollective::close);
        closed = true;
        LockSupport.unpark(housekeeper);
        LastWait.forEndOf(housekeeper);
        clients.values().forEach(Aeron::close);
        synchronized (homes) {
            gone.forEach(HomeDriver::close);
            home.close();
        }
        folder.close();
    }

    /// What a member's peers need of this transport.
    Links links(HomeDriver at) {
        return new OwnLinks(at);
    }

    /// Whether the driver at which that inbox lives can be reached through memory.
    boolean sees(Address address) {
        return address.driver().equals(home.directory())
                || clients.containsKey(address.driver())
                || Files.exists(Path.of(address.driver(), "cnc.dat"));
    }

    /// The client of the driver at which that inbox lives, or null if that has gone.
    ///
    /// @param at the driver of the member that asks
    Aeron clientOf(Address address, HomeDriver at) {
        if (address.driver().equals(at.directory())) {
            return at.client();
        }
        if (obituaries.isGone(address.process())) {
            return null;
        }
        try {
            return clients.computeIfAbsent(address.driver(), at::connectTo);
        } catch (DriverTimeoutException gone) {
            return null;
        }
    }

    /// Streams to each member on another host.
    int lanes() {
        return settings.udp().map(TransportSettings.Udp::lanes).orElse(1);
    }

    /// How datagrams get to an inbox on another host.
    String channelTo(String member, Address address) {
        if (settings.udp().isEmpty() || address.udp().isEmpty()) {
            throw new IllegalStateException(
                    "%s is on another host, and %s has no UDP address; set one for the transport"
                            .formatted(member, settings.udp().isEmpty() ? "this node" : member));
        }
        return channel(address.udp(), settings.udp().get());
    }

    private static String channel(String endpoint, TransportSettings.Udp udp) {
        return new ChannelUriStringBuilder()
                .media(CommonContext.UDP_MEDIA)
                .endpoint(endpoint)
                .mtu(udp.mtuBytes())
                .termLength(udp.termBytes())
                .socketRcvbufLength(udp.socketBytes())
                .socketSndbufLength(udp.socketBytes())
                .receiverWindowLength(udp.windowBytes())
                .build();
    }

    private static String endpoint(Inbox inbox) {
        for (int look = 0; look < PORT_LOOKS; look++) {
            String endpoint = inbox.udpEndpoint();
            if (endpoint != null) {
                return endpoint;
            }
            LockSupport.parkNanos(HOUSEKEEPING_NS);
        }
        throw new IllegalStateException("the media driver has not opened a UDP port");
    }

    /// Tells the members of this JVM that one of them has left.
    void leaves(String address) {
        OPEN.remove(address);
    }

    /// @return whether it was open
    boolean forget(AeronCollective member) {
        return members.remove(member);
    }

    /// A member that was forgotten holds nothing any more.
    void freed() {
        closeTheGone();
    }

    /// Whether a member of this JVM is open.
    static boolean isOpen(String address) {
        return OPEN.contains(address);
    }

    private void keepHouse() {
        List<String> dead = new ArrayList<>();
        for (int round = 0; !closed; round++) {
            if (round % LOOK_EVERY == 0) {
                obituaries.look();
            }
            home.client().conductorAgentInvoker().invoke();
            clients.forEach((directory, client) -> {
                client.conductorAgentInvoker().invoke();
                if (client.isClosed()) {
                    dead.add(directory);
                }
            });
            dead.forEach(clients::remove);
            dead.clear();
            LockSupport.parkNanos(HOUSEKEEPING_NS);
        }
    }

    private static void mustRun(Path driver) {
        if (!Files.exists(driver.resolve("cnc.dat"))) {
            throw new IllegalStateException(
                    "no media driver runs at "
                            + driver
                            + "; start one there, or name none, and the transport embeds one");
        }
    }

    private final class OwnLinks implements Links {
        private final HomeDriver at;

        /// @param at the driver of the member whose links these are
        OwnLinks(HomeDriver at) {
            this.at = at;
        }

        @Override
        public String host() {
            return settings.host();
        }

        @Override
        public int lanes() {
            return Transport.this.lanes();
        }

        @Override
        public Aeron home() {
            return at.client();
        }

        @Override
        public boolean sees(Address address) {
            return Transport.this.sees(address);
        }

        @Override
        public Aeron clientOf(Address address) {
            return Transport.this.clientOf(address, at);
        }

        @Override
        public String channelTo(String member, Address address) {
            return Transport.this.channelTo(member, address);
        }

        @Override
        public Obituaries obituaries() {
            return obituaries;
        }

        @Override
        public boolean isOpen(String address) {
            return Transport.isOpen(address);
        }
    }
}
