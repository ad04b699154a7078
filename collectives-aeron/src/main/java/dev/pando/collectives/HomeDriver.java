package dev.pando.collectives;

import dev.pando.collectives.wire.CheckedEndpoint;
import dev.pando.collectives.wire.EmbeddedDriver;
import dev.pando.collectives.wire.TransportSettings;
import io.aeron.Aeron;
import io.aeron.driver.MediaDriver;
import io.aeron.driver.status.SystemCounterDescriptor;
import io.aeron.exceptions.AeronException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.ErrorHandler;
import org.agrona.concurrent.EpochClock;
import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.SleepingIdleStrategy;
import org.agrona.concurrent.SystemEpochClock;
import org.agrona.concurrent.SystemNanoClock;

/// The media driver at which the inboxes of a node live, and the node's client of it. Both end together: whatever ended
/// one of them, the transport replaces them by others.
final class HomeDriver implements AutoCloseable {
    private static final long EXECUTOR_PAUSE_NS = 5_000_000; // of the driver's thread that makes log buffers
    private static final long FREEZE_TOLERATED_NS = TimeUnit.SECONDS.toNanos(60);
    private static final long SILENCE_NS = TimeUnit.SECONDS.toNanos(3); // of a stream from another host
    private static final int DRIVER_BUFFER = 1 << 20; // Aeron's defaults are for many more streams, and take 48 MiB

    // That a driver is gone is known from its process. A client that judges it by its signs of life errs where both
    // stood still.
    private static final long DRIVER_SILENCE_MS = TimeUnit.MINUTES.toMillis(10);
    private static final long LINGER_NS = TimeUnit.SECONDS.toNanos(10);

    /// @param epoch by which a driver and its clients date their signs of life: of one kind in all processes of a host
    /// @param nano for what a client waits for by itself
    record Clocks(EpochClock epoch, NanoClock nano) {
        static final Clocks MONOTONIC = new Clocks(new MonotonicEpochClock(), SystemNanoClock.INSTANCE);

        /// A driver that runs in another process goes by the wall clock, and so must its clients.
        private static final Clocks OF_OTHERS = new Clocks(SystemEpochClock.INSTANCE, SystemNanoClock.INSTANCE);
    }

    private final Optional<EmbeddedDriver> driver;
    private final Clocks clocks;
    private final Aeron client;

    private HomeDriver(Optional<EmbeddedDriver> driver, Clocks clocks, Aeron client) {
        this.driver = driver;
        this.clocks = clocks;
        this.client = client;
    }

    /// Embeds a driver in this process.
    static HomeDriver embed(
            TransportSettings settings, Path directory, Clocks clocks, CheckedEndpoint.Line line, AtomicLong damaged) {
        EmbeddedDriver driver =
                new EmbeddedDriver(
                        context(settings, directory)
                                .epochClock(new ForgivingEpochClock(clocks.epoch()))
                                .receiveChannelEndpointSupplier((channel, dispatcher, status, context) ->
                                        new CheckedEndpoint(channel, dispatcher, status, context, line, damaged)));
        try {
            return new HomeDriver(Optional.of(driver), clocks, connect(driver.directory(), clocks, HomeDriver::report));
        } catch (RuntimeException failed) {
            driver.close();
            throw failed;
        }
    }

    /// Takes a driver that runs already.
    static HomeDriver at(Path directory) {
        return new HomeDriver(
                Optional.empty(),
                Clocks.OF_OTHERS,
                connect(directory.toString(), Clocks.OF_OTHERS, HomeDriver::report));
    }

    private static MediaDriver.Context context(TransportSettings settings, Path directory) {
        return new MediaDriver.Context()
                .aeronDirectoryName(directory.toString())
                .dirDeleteOnStart(true)
                .dirDeleteOnShutdown(true)
                .asyncExecutorIdleStrategy(new SleepingIdleStrategy(EXECUTOR_PAUSE_NS))
                .ipcTermBufferLength(settings.termBytes())
                .ipcMtuLength(settings.mtuBytes())
                .termBufferSparseFile(false)
                .counterValuesBufferLength(DRIVER_BUFFER)
                .clientLivenessTimeoutNs(FREEZE_TOLERATED_NS)
                .publicationUnblockTimeoutNs(2 * FREEZE_TOLERATED_NS)
                .imageLivenessTimeoutNs(SILENCE_NS)
                .publicationConnectionTimeoutNs(SILENCE_NS)
                .errorHandler(HomeDriver::report);
    }

    private static Aeron connect(String directory, Clocks clocks, ErrorHandler onFailure) {
        return Aeron.connect(
                new Aeron.Context()
                        .aeronDirectoryName(directory)
                        .epochClock(clocks.epoch())
                        .nanoClock(new LivedNanoClock(clocks.nano()))
                        .useConductorAgentInvoker(true)
                        .driverTimeoutMs(DRIVER_SILENCE_MS)
                        .resourceLingerDurationNs(LINGER_NS)
                        .errorHandler(onFailure));
    }

    /// A client of the driver of another process on this host.
    Aeron connectTo(String neighbour) {
        return connect(neighbour, clocks, HomeDriver::note);
    }

    String directory() {
        return client.context().aeronDirectoryName();
    }

    Aeron client() {
        return client;
    }

    /// Whether nothing can be sent or received here any more.
    boolean isGone() {
        return client.isClosed() || driver.filter(EmbeddedDriver::hasFailed).isPresent();
    }

    void check() {
        if (isGone()) {
            throw new IllegalStateException(
                    "the media driver at " + directory() + " is gone; the worker must join the transport again");
        }
    }

    /// Does a turn of the driver's work, for who has to wait for it.
    void help() {
        driver.ifPresent(EmbeddedDriver::help);
    }

    long retransmits() {
        return driver.map(embedded ->
                        embedded.context().systemCounters().get(SystemCounterDescriptor.RETRANSMITS_SENT).get())
                .orElse(0L);
    }

    @Override
    public void close() {
        try {
            client.close();
        } catch (AeronException alreadyGone) {
            note(alreadyGone);
        }
        driver.ifPresent(EmbeddedDriver::close);
    }

    private static void report(Throwable failure) {
        System.getLogger(Transport.class.getName()).log(System.Logger.Level.WARNING, failure.toString());
    }

    /// A neighbour's driver ends with its process; its member then is lost, on evidence.
    private static void note(Throwable failure) {
        System.getLogger(Transport.class.getName()).log(System.Logger.Level.DEBUG, failure.toString());
    }
}
