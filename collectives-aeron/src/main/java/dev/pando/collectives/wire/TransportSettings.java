package dev.pando.collectives.wire;

import dev.pando.collectives.memory.ProcessId;
import io.aeron.protocol.DataHeaderFlyweight;
import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/// What a node's transport needs to know. No bit of any sum depends on it, but all members of a group use the same
/// sizes.
///
/// @param host identity of this machine; members of equal hosts reach each other through memory
/// @param directory for what members of a host share, spans and the media driver's files; best in memory
/// @param driver directory of a media driver that runs already; empty: the transport embeds one
/// @param sharing whether members of one host read each other's spans in place
/// @param eagerBytes up to which a partial sum is sent to everyone, who then all add for themselves
/// @param sliceBytes that a member reduces at a time where spans are shared; small enough for its second cache
/// @param chunkBytes of a frame's payload where numbers travel in log buffers
/// @param termBytes of a log buffer's term, a power of two; three of them for every pair of members
/// @param udp how members of other hosts reach this one; empty: not at all
public record TransportSettings(
        String host,
        Path directory,
        Optional<Path> driver,
        boolean sharing,
        int eagerBytes,
        int sliceBytes,
        int chunkBytes,
        int termBytes,
        Optional<Udp> udp) {
    private static final int SMALLEST_TERM = 64 * 1024;
    private static final int LIST_BYTES = 4096;
    private static final Path IN_MEMORY = Path.of("/dev/shm");

    public TransportSettings {
        multipleOf64("sliceBytes", sliceBytes);
        multipleOf64("chunkBytes", chunkBytes);
        if (eagerBytes < 0) {
            throw new IllegalArgumentException("eagerBytes must be 0 or more, not " + eagerBytes);
        }
        if (termBytes < SMALLEST_TERM || Integer.bitCount(termBytes) != 1) {
            throw new IllegalArgumentException(
                    "termBytes must be a power of two from " + SMALLEST_TERM + " up, not " + termBytes);
        }
        if (termBytes < 8 * (chunkBytes + Frame.HEADER)) {
            throw new IllegalArgumentException(
                    "termBytes of "
                            + termBytes
                            + " hold less than 8 chunks of "
                            + chunkBytes
                            + " bytes; use smaller chunks");
        }
    }

    /// An embedded driver and shared spans where the machine has `/dev/shm`, log buffers in a temporary folder
    /// elsewhere.
    public static TransportSettings defaults() {
        boolean inMemory = Files.isWritable(IN_MEMORY);
        Path directory = inMemory ? IN_MEMORY : Path.of(System.getProperty("java.io.tmpdir"));
        return new TransportSettings(
                hostOfThisMachine(),
                directory,
                Optional.empty(),
                inMemory,
                4 * 1024,
                256 * 1024,
                32 * 1024,
                1024 * 1024,
                Optional.empty());
    }

    /// The smallest that takes a whole chunk, or a list of partial sums, with its header and Aeron's.
    public int mtuBytes() {
        return Math.max(chunkBytes, LIST_BYTES) + Frame.HEADER + DataHeaderFlyweight.HEADER_LENGTH;
    }

    public TransportSettings withHost(String other) {
        return new TransportSettings(
                other, directory, driver, sharing, eagerBytes, sliceBytes, chunkBytes, termBytes, udp);
    }

    public TransportSettings withDirectory(Path other) {
        return new TransportSettings(host, other, driver, sharing, eagerBytes, sliceBytes, chunkBytes, termBytes, udp);
    }

    public TransportSettings withDriver(Path running) {
        return new TransportSettings(
                host, directory, Optional.of(running), sharing, eagerBytes, sliceBytes, chunkBytes, termBytes, udp);
    }

    public TransportSettings withSharing(boolean shared) {
        return new TransportSettings(
                host, directory, driver, shared, eagerBytes, sliceBytes, chunkBytes, termBytes, udp);
    }

    public TransportSettings withEagerBytes(int bytes) {
        return new TransportSettings(host, directory, driver, sharing, bytes, sliceBytes, chunkBytes, termBytes, udp);
    }

    public TransportSettings withSliceBytes(int bytes) {
        return new TransportSettings(host, directory, driver, sharing, eagerBytes, bytes, chunkBytes, termBytes, udp);
    }

    public TransportSettings withChunkBytes(int bytes) {
        return new TransportSettings(host, directory, driver, sharing, eagerBytes, sliceBytes, bytes, termBytes, udp);
    }

    public TransportSettings withTermBytes(int bytes) {
        return new TransportSettings(host, directory, driver, sharing, eagerBytes, sliceBytes, chunkBytes, bytes, udp);
    }

    public TransportSettings withUdp(Udp reachable) {
        return new TransportSettings(
                host,
                directory,
                driver,
                sharing,
                eagerBytes,
                sliceBytes,
                chunkBytes,
                termBytes,
                Optional.of(reachable));
    }

    /// The way between hosts. Members send what the smallest datagram among them can hold.
    ///
    /// @param address of an interface of this host that other hosts reach; a name or a number, without a port
    /// @param mtuBytes of a datagram's payload, a multiple of 32
    /// @param termBytes of a log buffer's term, a power of two
    /// @param windowBytes that a stream may have under way to a receiver; the kernel's `net.core.rmem_max` bounds it
    /// @param lanes streams from each sender to each receiver, which take turns frame by frame. One loss at a time is
    ///   mended on each, which takes a round trip
    public record Udp(String address, int mtuBytes, int termBytes, int windowBytes, int lanes) {
        private static final int LARGEST_DATAGRAM = 65_504;
        private static final int USUAL_DATAGRAM = 1408; // passes every network, tunnels too
        private static final int LANES = 8;
        private static final int MOST_LANES = 64;
        private static final int IP_AND_UDP = 28;
        private static final int LARGEST_SOCKET_BUFFER = 16 * 1024 * 1024;

        public Udp {
            if (mtuBytes < 1024 || mtuBytes > LARGEST_DATAGRAM || mtuBytes % 32 != 0) {
                throw new IllegalArgumentException(
                        "mtuBytes must be a multiple of 32 from 1024 to 65504, not " + mtuBytes);
            }
            if (termBytes < SMALLEST_TERM || Integer.bitCount(termBytes) != 1 || termBytes < 8 * mtuBytes) {
                throw new IllegalArgumentException(
                        "termBytes must be a power of two and at least 8 datagrams, not " + termBytes);
            }
            if (windowBytes < mtuBytes || windowBytes > termBytes / 2) {
                throw new IllegalArgumentException(
                        "windowBytes must be from one datagram to half a term, not " + windowBytes);
            }
            if (lanes < 1 || lanes > MOST_LANES) {
                throw new IllegalArgumentException("lanes must be from 1 to " + MOST_LANES + ", not " + lanes);
            }
        }

        /// With one lane.
        public Udp(String address, int mtuBytes, int termBytes, int windowBytes) {
            this(address, mtuBytes, termBytes, windowBytes, 1);
        }

        /// Sizes that suit the interface. Where a datagram may be as large as UDP allows, as on the loopback device,
        /// they are that large, and terms so small that they stay in a cache. Else no datagram needs to be cut on its
        /// way, several lanes bear losses, and their windows together are as large as the kernel allows, for a network
        /// may be long.
        public static Udp at(String address) {
            int frame = mtuOf(address) - IP_AND_UDP;
            if (frame >= LARGEST_DATAGRAM) {
                return new Udp(address, LARGEST_DATAGRAM, 512 * 1024, 256 * 1024);
            }
            int term = 1024 * 1024;
            int window = Math.clamp(largestReceiveBuffer() / LANES, 8192, term / 2);
            return new Udp(address, Math.clamp(frame / 32 * 32L, USUAL_DATAGRAM, 8192), term, window, LANES);
        }

        /// Numbers that fit into one frame, in bytes.
        public int chunkBytes() {
            return (mtuBytes - DataHeaderFlyweight.HEADER_LENGTH - Frame.HEADER) / 64 * 64;
        }

        /// What sockets ask the kernel for: room for the windows of several senders, as far as it goes.
        public int socketBytes() {
            return Math.max(windowBytes, largestReceiveBuffer());
        }

        /// @return 0 if the address is not one of this host's
        private static int mtuOf(String address) {
            try {
                NetworkInterface device = NetworkInterface.getByInetAddress(InetAddress.getByName(address));
                return device == null ? 0 : device.getMTU();
            } catch (IOException unknown) {
                return 0; // opening a port there reports it
            }
        }

        private static int largestReceiveBuffer() {
            try {
                // by lines: the kernel gives such a number to the first read alone, which must ask for all of it
                String bytes = Files.readAllLines(Path.of("/proc/sys/net/core/rmem_max")).getFirst();
                return (int) Math.min(LARGEST_SOCKET_BUFFER, Long.parseLong(bytes));
            } catch (IOException | NumberFormatException unknown) {
                return 128 * 1024;
            }
        }
    }

    private static String hostOfThisMachine() {
        try {
            return Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip();
        } catch (IOException unknown) {
            return "process " + ProcessId.self();
        }
    }

    private static void multipleOf64(String name, int bytes) {
        if (bytes < 64 || bytes % 64 != 0) {
            throw new IllegalArgumentException(name + " must be a positive multiple of 64, not " + bytes);
        }
    }
}
