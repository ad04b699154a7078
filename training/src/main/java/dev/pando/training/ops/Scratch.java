package dev.pando.training.ops;

import dev.pando.training.tensor.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// Memory for an operator's intermediate sums: grows with the largest shape seen, then stays.
final class Scratch implements AutoCloseable {
    private Arena arena = Arena.ofShared();
    private MemorySegment span = MemorySegment.NULL;

    /// The address of at least that many bytes, of whatever the last user left there.
    long atLeast(long bytes) {
        if (span.byteSize() < bytes) {
            arena.close();
            arena = Arena.ofShared();
            span = arena.allocate(bytes, Memory.ALIGNMENT);
        }
        return span.address();
    }

    @Override
    public void close() {
        arena.close();
    }
}
