package dev.pando.cuda;

import dev.pando.training.tensor.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/// Memory of the host that the GPU reads and writes by itself: our own spans, and those that others hand us, such as
/// the gradient spans that workers of a host share.
final class PageLocked implements Memory, AutoCloseable {
    private static final long PAGE = 4096;

    /// Smaller spans of others are copied through the driver's own buffers: locking costs more.
    private static final long WORTH_LOCKING = 1 << 20;

    private record Locked(MemorySegment span, Device.Lock lock) {}

    private final Device device;
    private final Arena arena = Arena.ofShared();
    private final List<Locked> locks = new ArrayList<>();

    PageLocked(Device device) {
        this.device = device;
    }

    @Override
    public MemorySegment allocate(String name, long bytes) {
        long pages = Math.max(1, Math.ceilDiv(bytes, PAGE)) * PAGE;
        MemorySegment span = arena.allocate(pages, PAGE);
        locks.add(new Locked(span, device.lock(span.address(), pages)));
        return span.asSlice(0, bytes);
    }

    /// Whether the GPU may be left alone with all of this memory: what the system did not lock, the driver copies
    /// through the driver's buffers, when it is asked to.
    boolean allLocked() {
        return locks.stream().noneMatch(locked -> locked.lock == Device.Lock.NONE);
    }

    /// Locks a span that other code has allocated, unless that was done or refused before. A copy must not run from
    /// locked memory into memory that is not: what was locked of the span before is locked again with the rest of it.
    void prepare(MemorySegment span) {
        if (span.byteSize() < WORTH_LOCKING) {
            return;
        }
        long start = span.address();
        long end = start + span.byteSize();
        for (int i = locks.size() - 1; i >= 0; i--) {
            MemorySegment known = locks.get(i).span;
            if (start < known.address() + known.byteSize() && known.address() < end) {
                boolean whole = known.address() <= start && end <= known.address() + known.byteSize();
                if (known.scope().isAlive() && whole) {
                    return;
                }
                device.settle(); // nothing may still be on its way there
                release(locks.remove(i)); // too small, or of a span that is gone: its lock would mislead the GPU
            }
        }
        locks.add(new Locked(span, device.lock(start, span.byteSize())));
    }

    @Override
    public void close() {
        locks.forEach(this::release);
        locks.clear();
        arena.close();
    }

    private void release(Locked locked) {
        if (locked.lock == Device.Lock.OURS) {
            device.unlock(locked.span.address());
        }
    }
}
