package dev.pando.bench.collectives;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/// A cable between two network devices of this machine that delays every frame and loses some, for kernels that have no
/// netem. Makes the devices (TAP); its starter moves them to the network namespaces that it connects.
public final class Cable {
    private static final int FRAME_BYTES = 2048;
    private static final int FRAMES = 1 << 15; // under way at once, each way
    private static final int READ_AND_WRITE = 2;
    private static final long SET_DEVICE = 0x400454caL; // TUNSETIFF
    private static final short TAP_WITHOUT_HEADER = 0x1002; // IFF_TAP | IFF_NO_PI
    private static final int DEVICE_NAME_BYTES = 16;
    private static final int REQUEST_BYTES = 40; // struct ifreq

    private final MethodHandle open = function("open", ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT);
    private final MethodHandle read =
            function("read", ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG);
    private final MethodHandle write =
            function("write", ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG);
    private final MethodHandle ioctl =
            Linker.nativeLinker()
                    .downcallHandle(
                            Linker.nativeLinker().defaultLookup().findOrThrow("ioctl"),
                            FunctionDescriptor.of(
                                    ValueLayout.JAVA_INT,
                                    ValueLayout.JAVA_INT,
                                    ValueLayout.JAVA_LONG,
                                    ValueLayout.ADDRESS),
                            Linker.Option.firstVariadicArg(2));
    private final long delayNs;
    private final double loss;

    private Cable(long delayNs, double loss) {
        this.delayNs = delayNs;
        this.loss = loss;
    }

    /// @param args names of the two devices; milliseconds of delay each way; share of frames lost. Says `ready` once
    ///   the devices are there, and ends with its input.
    public static void main(String[] args) throws IOException {
        Cable cable = new Cable(Math.round(Double.parseDouble(args[2]) * 1e6), Double.parseDouble(args[3]));
        int left = cable.device(args[0]);
        int right = cable.device(args[1]);
        cable.connect(left, right, 1);
        cable.connect(right, left, 2);
        System.out.println("ready");
        System.in.readAllBytes();
    }

    private static MethodHandle function(String name, ValueLayout result, ValueLayout... arguments) {
        return Linker.nativeLinker()
                .downcallHandle(
                        Linker.nativeLinker().defaultLookup().findOrThrow(name),
                        FunctionDescriptor.of(result, arguments));
    }

    private int device(String name) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            int file = (int) open.invokeExact(arena.allocateFrom("/dev/net/tun"), READ_AND_WRITE);
            MemorySegment request = arena.allocate(REQUEST_BYTES);
            request.setString(0, name);
            request.set(ValueLayout.JAVA_SHORT, DEVICE_NAME_BYTES, TAP_WITHOUT_HEADER);
            if (file < 0 || (int) ioctl.invokeExact(file, SET_DEVICE, request) < 0) {
                throw new IOException("cannot make the network device " + name + "; that needs root and /dev/net/tun");
            }
            return file;
        } catch (IOException refused) {
            throw refused;
        } catch (Throwable broken) {
            throw new IOException(broken);
        }
    }

    private void connect(int from, int to, long seed) {
        Way way = new Way(from, to, new SplittableRandom(seed));
        Thread.ofPlatform().name("cable-in-" + seed).daemon().start(way::takeIn);
        Thread.ofPlatform().name("cable-out-" + seed).daemon().start(way::letOut);
    }

    /// One direction: a ring of frames, written by one thread and read by another.
    private final class Way {
        private final int from;
        private final int to;
        private final SplittableRandom random;
        private final MemorySegment ring = Arena.global().allocate((long) FRAMES * FRAME_BYTES, 64);
        private final long[] dueNs = new long[FRAMES];
        private final long[] lengths = new long[FRAMES];
        private final AtomicLong in = new AtomicLong();
        private final AtomicLong out = new AtomicLong();

        private Way(int from, int to, SplittableRandom random) {
            this.from = from;
            this.to = to;
            this.random = random;
        }

        private void takeIn() {
            while (true) {
                long place = in.getPlain();
                long length = move(read, from, place, FRAME_BYTES);
                boolean isLost = random.nextDouble() < loss || place - out.get() == FRAMES - 1;
                if (length > 0 && !isLost) {
                    dueNs[(int) (place % FRAMES)] = System.nanoTime() + delayNs;
                    lengths[(int) (place % FRAMES)] = length;
                    in.setRelease(place + 1);
                }
            }
        }

        private void letOut() {
            for (long place = 0; ; out.setRelease(++place)) {
                while (in.get() == place) {
                    LockSupport.parkNanos(50_000);
                }
                for (long early = early(place); early > 0; early = early(place)) {
                    LockSupport.parkNanos(early);
                }
                move(write, to, place, lengths[(int) (place % FRAMES)]);
            }
        }

        private long early(long place) {
            return dueNs[(int) (place % FRAMES)] - System.nanoTime();
        }

        private long move(MethodHandle call, int file, long place, long bytes) {
            try {
                return (long) call.invokeExact(file, ring.asSlice(place % FRAMES * FRAME_BYTES, FRAME_BYTES), bytes);
            } catch (Throwable broken) {
                throw new IllegalStateException("the cable broke", broken);
            }
        }
    }
}
