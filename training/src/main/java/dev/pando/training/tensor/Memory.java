package dev.pando.training.tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// Where spans of numbers live: plain off-heap memory, memory that other processes can map, or memory of a device.
///
/// The caller that allocates decides; operators only see segments. What is allocated lives as long as the memory
/// itself.
@FunctionalInterface
public interface Memory {
    /// Alignment of every span, in bytes: a cache line, and the widest vector.
    long ALIGNMENT = 64;

    /// Allocates a zeroed span.
    ///
    /// @param name what it is for, as it appears in reports of memory and in errors
    /// @param bytes its size
    MemorySegment allocate(String name, long bytes);

    /// Plain off-heap memory that is freed with the arena.
    static Memory of(Arena arena) {
        return (name, bytes) -> arena.allocate(bytes, ALIGNMENT);
    }
}
