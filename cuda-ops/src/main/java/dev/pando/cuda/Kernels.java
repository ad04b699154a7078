package dev.pando.cuda;

import dev.pando.cuda.Device.Grid;
import java.lang.foreign.MemorySegment;

/// Runs our kernels on operands that it has looked at: long enough, of this device, and known to have changed where
/// they are written to.
final class Kernels {
    static final int THREADS = 256;

    /// Blocks of an element-wise kernel; each goes through more elements where there are more.
    private static final int MOST_BLOCKS = 1 << 16;

    private final Device device;
    private final DeviceMemory memory;
    private final Bfloat16Cache rounded;
    private MemorySegment scratch;

    Kernels(Device device, DeviceMemory memory, Bfloat16Cache rounded) {
        this.device = device;
        this.memory = memory;
        this.rounded = rounded;
        this.scratch = memory.allocate("workspaces: scratch", 1 << 20);
    }

    /// Blocks for a number of elements.
    static int blocks(long elements, int threads) {
        return Math.clamp(Math.ceilDiv(elements, threads), 1, MOST_BLOCKS);
    }

    /// Runs a kernel of that many blocks in a row.
    void run(String kernel, int blocks, Object... arguments) {
        device.launch(kernel, Grid.of(blocks), THREADS, 0, arguments);
    }

    /// Runs a kernel that goes through elements one by one.
    void runOver(long elements, String kernel, Object... arguments) {
        run(kernel, blocks(elements, THREADS), arguments);
    }

    void run(String kernel, Grid grid, int threads, int shared, Object... arguments) {
        device.launch(kernel, grid, threads, shared, arguments);
    }

    /// Room for what lives within one call, or up to the next. Older rooms are kept: a recording may still use them.
    long scratch(long bytes) {
        if (scratch.byteSize() < bytes) {
            scratch = memory.allocate("workspaces: scratch", Math.max(bytes, 2 * scratch.byteSize()));
        }
        return scratch.address();
    }

    /// Float32 that are read.
    long in(MemorySegment segment, long rows, long width) {
        return address(segment, rows * width * Float.BYTES);
    }

    /// Int32 that are read.
    long ints(MemorySegment segment, long count) {
        return address(segment, count * Integer.BYTES);
    }

    /// Bfloat16, which no product reads.
    long halves(MemorySegment segment, long count) {
        return address(segment, count * Short.BYTES);
    }

    /// Float32 that are written.
    long out(MemorySegment segment, long rows, long width) {
        long bytes = rows * width * Float.BYTES;
        long address = address(segment, bytes);
        rounded.written(address, bytes);
        return address;
    }

    private long address(MemorySegment segment, long bytes) {
        if (segment.byteSize() < bytes) {
            throw new IllegalArgumentException(
                    "an operand of " + segment.byteSize() + " bytes where " + bytes + " are needed");
        }
        if (!memory.holds(segment.address(), bytes)) {
            throw new IllegalArgumentException(
                    "operators of " + device.name() + " work in its memory, not on " + segment);
        }
        return segment.address();
    }
}
