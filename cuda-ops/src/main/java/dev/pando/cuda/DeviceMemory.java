package dev.pando.cuda;

import dev.pando.cuda.CudaException.OutOfMemory;
import dev.pando.training.tensor.Memory;
import dev.pando.training.tensor.MemoryPlan;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;

/// Memory of one GPU: knows who holds how much of it, and what lies where.
///
/// A plan, if there is one, is one block that is taken before the first step, from which spans are cut in turn; so what
/// a job needs is either there at once or never begun with. Spans live as long as the context.
final class DeviceMemory implements Memory {
    /// What the driver itself aligns to; vectors and tensor cores want 16.
    private static final long GRAIN = 256;

    private final Device device;
    private final TreeMap<Long, Long> spans = new TreeMap<>(); // address to bytes
    private final List<MemoryPlan.Part> holdings = new CopyOnWriteArrayList<>(); // others ask, too
    private final MemorySegment untouchable = untouchable();
    private long taken; // from the driver
    private long plan; // what is left of the planned block
    private long planned;

    DeviceMemory(Device device) {
        this.device = device;
    }

    /// Takes a block for the spans to come.
    ///
    /// @param whole what will be held in the end, what is held already included
    /// @param spare bytes that the driver is left for itself
    /// @throws OutOfMemory if there is no room
    void reserve(MemoryPlan whole, long spare) {
        long missing = round(whole.bytes() - holding().bytes());
        Device.Room room = device.room();
        long address = room.free() < missing + spare ? 0 : device.allocate(missing);
        if (address == 0) {
            throw OutOfMemory.ofPlan(device.name(), whole, missing + spare, room);
        }
        taken += missing;
        plan = address;
        planned = address + missing;
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
        holdings.add(new MemoryPlan.Part(name, size));
        spans.put(address, size);
        device.fill(address, (byte) 0, size);
        return untouchable.asSlice(address, bytes);
    }

    /// Whether all of these bytes are of one span.
    boolean holds(long address, long bytes) {
        Map.Entry<Long, Long> span = spans.floorEntry(address);
        return span != null && address + bytes <= span.getKey() + span.getValue();
    }

    /// Bytes that were taken from the driver.
    long taken() {
        return taken;
    }

    /// What spans there are, and what for. Any thread may ask.
    MemoryPlan holding() {
        return MemoryPlan.of(holdings.stream());
    }

    private long take(String name, long size) {
        long address = device.allocate(size);
        if (address == 0) {
            throw OutOfMemory.ofSpan(name, size, device.room(), taken);
        }
        taken += size;
        return address;
    }

    static long round(long bytes) {
        return Math.max(1, Math.ceilDiv(bytes, GRAIN)) * GRAIN;
    }

    /// The whole address space, confined to a thread that has ended: no thread may read it.
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
