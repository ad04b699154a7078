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

    private record Lock(MemorySegment span, boolean locked) {}

    private final CudaDevice device;
    private final Arena arena = Arena.ofShared();
    private final List<Lock> locks = new ArrayList<>();

    PageLocked(CudaDevice device) {
        this.device = device;
    }

    @Override
    public MemorySegment allocate(String name, long bytes) {
        long pages = Math.max(1, Math.ceilDiv(bytes, PAGE)) * PAGE;
        MemorySegment span = arena.allocate(pages, PAGE);
        locks.add(new Lock(span, device.lock(span.address(), pages)));
        return span.asSlice(0, bytes);
    }

    /// Locks a span that somebody else has allocated, unless that was done or refused before.
    void prepare(MemorySegment span) {
        if (span.byteSize() < WORTH_LOCKING) {
            return;
        }
        long start = span.address();
        long end = start + span.byteSize();
        for (int i = locks.size() - 1; i >= 0; i--) {
            MemorySegment known = locks.get(i).span;
            if (start < known.address() + known.byteSize() && known.address() < end) {
                if (known.scope().isAlive()) {
                    return;
                }
                release(locks.remove(i)); // what lay here is gone, and its lock would mislead the GPU
            }
        }
        locks.add(new Lock(span, device.lock(start, span.byteSize())));
    }

    @Override
    public void close() {
        locks.forEach(this::release);
        locks.clear();
        arena.close();
    }

    private void release(Lock lock) {
        if (lock.locked) {
            device.unlock(lock.span.address());
        }
    }
}
