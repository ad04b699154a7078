package dev.pando.cuda;

import dev.pando.cuda.CudaException.OutOfMemory;
import dev.pando.training.tensor.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Memory of one GPU: knows who holds how much of it, and what lies where.
///
/// A plan, if there is one, is one block that is taken before the first step, from which spans are cut in turn; so what
/// a job needs is either there at once or never begun with. Spans live as long as the context.
final class DeviceMemory implements Memory {
    /// What the driver itself aligns to; vectors and tensor cores want 16.
    private static final long GRAIN = 256;

    /// A span as the device knows it.
    record Place(long address, long bytes) {}

    /// Who holds how much.
    record Holding(String name, long bytes) {}

    private final CudaDevice device;
    private final TreeMap<Long, Long> blocks = new TreeMap<>(); // address to bytes
    private final TreeMap<Long, Long> spans = new TreeMap<>(); // likewise, of what was allocated
    private final List<Holding> holdings = new ArrayList<>();
    private final MemorySegment untouchable = untouchable();
    private long plan; // what is left of the planned block
    private long planned;

    DeviceMemory(CudaDevice device) {
        this.device = device;
    }

    /// Takes a block for the spans to come.
    ///
    /// @throws OutOfMemory if there is no room
    void reserve(long bytes) {
        plan = take("the job's plan", bytes);
        planned = plan + round(bytes);
    }

    /// A zeroed span. Its address is the device's: the host gets an exception where it reads or writes it, and not a
    /// crash.
    ///
    /// @throws OutOfMemory if there is no room
    @Override
    public MemorySegment allocate(String name, long bytes) {
        long size = round(bytes);
        long address;
        if (plan != 0 && plan + size <= planned) {
            address = plan;
            plan += size;
        } else {
            address = take(name, size);
        }
        holdings.add(new Holding(name, size));
        spans.put(address, size);
        device.fill(address, (byte) 0, size);
        return untouchable.asSlice(address, bytes);
    }

    /// Whether all of these bytes are of one span.
    boolean holds(long address, long bytes) {
        Map.Entry<Long, Long> span = spans.floorEntry(address);
        return span != null && address + bytes <= span.getKey() + span.getValue();
    }

    /// The span that an address belongs to.
    Place spanOf(long address) {
        Map.Entry<Long, Long> span = spans.floorEntry(address);
        return new Place(span.getKey(), span.getValue());
    }

    /// In the order of asking.
    List<Holding> holdings() {
        return List.copyOf(holdings);
    }

    /// Bytes of all blocks, the unused part of the plan included.
    long held() {
        return blocks.values().stream().mapToLong(bytes -> bytes).sum();
    }

    private long take(String name, long bytes) {
        long size = round(bytes);
        long address = device.allocate(size);
        if (address == 0) {
            long[] room = device.room();
            throw new OutOfMemory(name, size, room[0], room[1], held());
        }
        blocks.put(address, size);
        return address;
    }

    static long round(long bytes) {
        return Math.max(1, Math.ceilDiv(bytes, GRAIN)) * GRAIN;
    }

    /// The whole address space, confined to a thread that is no more: nobody may look into it.
    private static MemorySegment untouchable() {
        MemorySegment[] all = new MemorySegment[1];
        Thread owner =
                Thread.ofPlatform()
                        .name("owner of device memory")
                        .start(() -> all[0] = MemorySegment.NULL.reinterpret(Long.MAX_VALUE, Arena.ofConfined(), null));
        try {
            owner.join();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while opening a GPU", interrupted);
        }
        return all[0];
    }
}
