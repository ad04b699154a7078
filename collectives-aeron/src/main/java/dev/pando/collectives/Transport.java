package dev.pando.collectives;

import dev.pando.collectives.memory.NodeFolder;
import dev.pando.collectives.memory.Obituaries;
import dev.pando.collectives.memory.ProcessId;
import dev.pando.collectives.memory.SpanFile;
import dev.pando.collectives.wire.Address;
import dev.pando.collectives.wire.CheckedEndpoint;
import dev.pando.collectives.wire.Counters;
import dev.pando.collectives.wire.EmbeddedDriver;
import dev.pando.collectives.wire.Frame;
import dev.pando.collectives.wire.Inbox;
import dev.pando.collectives.wire.LastWait;
import dev.pando.collectives.wire.Links;
import dev.pando.collectives.wire.Traffic;
import dev.pando.collectives.wire.TransportSettings;
import io.aeron.Aeron;
import io.aeron.ChannelUriStringBuilder;
import io.aeron.CommonContext;
import io.aeron.driver.MediaDriver;
import io.aeron.driver.status.SystemCounterDescriptor;
import io.aeron.exceptions.DriverTimeoutException;
import io.aeron.protocol.DataHeaderFlyweight;
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
import org.agrona.ErrorHandler;
import org.agrona.concurrent.SleepingIdleStrategy;

/// A node's place on the network: owns its media driver and what goes with it, and gives each of the node's workers a
/// [Communicator].
///
/// Every node embeds a driver, and an inbox lives at the driver of its reader: senders of the same host attach to that
/// driver. So the death of a process takes only its own inbox away. A driver that runs already can be named in the
/// settings; then all share it.
public final class Transport implements AutoCloseable {
    private static final long HOUSEKEEPING_NS = 2_000_000;
    private static final long EXECUTOR_PAUSE_NS = 5_000_000; // of the driver's thread that makes log buffers
    private static final int LOOK_EVERY = 5; // rounds of housekeeping
    private static final long FREEZE_TOLERATED_NS = 60_000_000_000L;
    private static final long LINGER_NS = 10_000_000_000L;
    private static final int PORT_LOOKS = 2_500; // two milliseconds each
    private static final long SILENCE_NS = 3_000_000_000L; // of a stream from another host, before it is gone
    private static final int DRIVER_BUFFER = 1 << 20; // Aeron's defaults are for many more streams, and take 48 MiB
    private static final int LIST_BYTES = 4096;

    /// Addresses of the members that are open in this JVM: their end needs no other evidence.
    private static final Set<String> OPEN = ConcurrentHashMap.newKeySet();

    private final TransportSettings settings;
    private final NodeFolder folder;
    private final EmbeddedDriver driver;
    private final String driverDirectory;
    private final Aeron home;
    private final Map<String, Aeron> clients = new ConcurrentHashMap<>();
    private final SecureRandom random = new SecureRandom();
    private final Set<AeronCollective> members = ConcurrentHashMap.newKeySet();
    private final AtomicLong damaged = new AtomicLong();
    private final Obituaries obituaries = new Obituaries();
    private final Links links = new OwnLinks();
    private final Thread housekeeper;
    private volatile boolean closed;

    private Transport(TransportSettings settings, CheckedEndpoint.Line line) {
        this.settings = settings;
        settings.driver().ifPresent(Transport::mustRun);
        this.folder = NodeFolder.createIn(settings.directory());
        try {
            this.driver =
                    settings.driver().isPresent() ? null : launch(settings, folder.path().resolve("driver"), line);
            this.driverDirectory = settings.driver().map(Path::toString).orElseGet(() -> driver.directory());
            this.home = connect(driverDirectory, Transport::report);
            clients.put(driverDirectory, home);
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
        return new Transport(settings, line);
    }

    /// A worker's member, which belongs to no group until it enters an epoch of one.
    ///
    /// @param worker its name in errors and counters
    public Communicator join(String worker) {
        if (closed) {
            throw new IllegalStateException("the transport is closed; " + worker + " cannot join");
        }
        // any number that is free at a driver which others may share
        int stream = random.nextInt(1, Integer.MAX_VALUE);
        long token = random.nextLong();
        Traffic traffic = new Traffic();
        SpanFile spans =
                settings.sharing() ? SpanFile.create(worker, folder.path().resolve("spans-" + stream), token) : null;
        List<String> channels = new ArrayList<>(List.of(CommonContext.IPC_CHANNEL));
        settings.udp().ifPresent(udp -> channels.add(channel(udp.address() + ":0", udp)));
        Inbox inbox = new Inbox(home, channels, stream, traffic);
        Address address =
                new Address(
                        settings.host(),
                        ProcessId.self(),
                        driverDirectory,
                        stream,
                        spans == null ? "" : spans.path().toString(),
                        token,
                        settings.udp().isPresent() ? endpoint(inbox) : "");
        AeronCollective member = new AeronCollective(worker, this, settings, address, inbox, spans, traffic);
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
        return driver == null
                ? 0
                : driver.context().systemCounters().get(SystemCounterDescriptor.RETRANSMITS_SENT).get();
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
        if (driver != null) {
            driver.close();
        }
        folder.close();
    }

    /// What the members' peers need of this transport.
    Links links() {
        return links;
    }

    /// Does a turn of the driver's work, for who has to wait for it.
    void helpDriver() {
        if (driver != null) {
            driver.help();
        }
    }

    /// The client of this node's own driver.
    Aeron home() {
        return home;
    }

    /// Fails when this node has lost its own media driver: it was frozen for too long, or the driver's process has
    /// ended.
    void check() {
        if (home.isClosed()) {
            throw new IllegalStateException(
                    "the media driver at " + driverDirectory + " is gone; the node must restart its transport");
        }
    }

    /// Whether the driver at which that inbox lives can be reached through memory.
    boolean sees(Address address) {
        return clients.containsKey(address.driver()) || Files.exists(Path.of(address.driver(), "cnc.dat"));
    }

    /// The client of the driver at which that inbox lives, or null if that has gone.
    Aeron clientOf(Address address) {
        if (obituaries.isGone(address.process())) {
            return null;
        }
        try {
            return clients.computeIfAbsent(address.driver(), directory -> connect(directory, Transport::note));
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
            clients.forEach((directory, client) -> {
                client.conductorAgentInvoker().invoke();
                if (client.isClosed() && client != home) {
                    dead.add(directory);
                }
            });
            dead.forEach(clients::remove);
            dead.clear();
            LockSupport.parkNanos(HOUSEKEEPING_NS);
        }
    }

    private EmbeddedDriver launch(TransportSettings settings, Path directory, CheckedEndpoint.Line line) {
        return new EmbeddedDriver(
                new MediaDriver.Context()
                        .aeronDirectoryName(directory.toString())
                        .dirDeleteOnStart(true)
                        .dirDeleteOnShutdown(true)
                        .asyncExecutorIdleStrategy(new SleepingIdleStrategy(EXECUTOR_PAUSE_NS))
                        .ipcTermBufferLength(settings.termBytes())
                        .ipcMtuLength(mtu(settings.chunkBytes()))
                        .termBufferSparseFile(false)
                        .counterValuesBufferLength(DRIVER_BUFFER)
                        .clientLivenessTimeoutNs(FREEZE_TOLERATED_NS)
                        .publicationUnblockTimeoutNs(2 * FREEZE_TOLERATED_NS)
                        .imageLivenessTimeoutNs(SILENCE_NS)
                        .publicationConnectionTimeoutNs(SILENCE_NS)
                        .receiveChannelEndpointSupplier((channel, dispatcher, status, context) ->
                                new CheckedEndpoint(channel, dispatcher, status, context, line, damaged))
                        .errorHandler(Transport::report));
    }

    private static void mustRun(Path driver) {
        if (!Files.exists(driver.resolve("cnc.dat"))) {
            throw new IllegalStateException(
                    "no media driver runs at "
                            + driver
                            + "; start one there, or name none, and the transport embeds one");
        }
    }

    private static Aeron connect(String driverDirectory, ErrorHandler onFailure) {
        return Aeron.connect(
                new Aeron.Context()
                        .aeronDirectoryName(driverDirectory)
                        .useConductorAgentInvoker(true)
                        .driverTimeoutMs(FREEZE_TOLERATED_NS / 1_000_000)
                        .resourceLingerDurationNs(LINGER_NS)
                        .errorHandler(onFailure));
    }

    /// The smallest that takes a whole chunk, or a list of partial sums, with its header and Aeron's.
    private static int mtu(int chunkBytes) {
        return Math.max(chunkBytes, LIST_BYTES) + Frame.HEADER + DataHeaderFlyweight.HEADER_LENGTH;
    }

    private static void report(Throwable failure) {
        System.getLogger(Transport.class.getName()).log(System.Logger.Level.WARNING, failure.toString());
    }

    /// A neighbour's driver ends with its process; its member then is lost, on evidence.
    private static void note(Throwable failure) {
        System.getLogger(Transport.class.getName()).log(System.Logger.Level.DEBUG, failure.toString());
    }

    private final class OwnLinks implements Links {
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
            return Transport.this.home();
        }

        @Override
        public boolean sees(Address address) {
            return Transport.this.sees(address);
        }

        @Override
        public Aeron clientOf(Address address) {
            return Transport.this.clientOf(address);
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
