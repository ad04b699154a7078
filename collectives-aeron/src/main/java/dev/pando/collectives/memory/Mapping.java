package dev.pando.collectives.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/// Address space into which parts of several files are mapped side by side, so that what lies in the files of many
/// members reads as one span. Java maps a file only where it likes.
final class Mapping {
    private static final int READ = 1;
    private static final int SHARED = 1;
    private static final int PRIVATE = 2;
    private static final int FIXED = 0x10;
    private static final int ANONYMOUS = 0x20;
    private static final int OPEN_READ_CLOSE_ON_EXEC = 0x80000;

    private static final MethodHandle MMAP =
            function(
                    "mmap",
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_LONG);
    private static final MethodHandle MUNMAP =
            function("munmap", ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG);
    private static final MethodHandle OPEN =
            function("open", ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT);
    private static final MethodHandle CLOSE = function("close", ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);

    private Mapping() {}

    /// Takes addresses for this many bytes, until the arena closes. Nothing can be read there yet.
    static MemorySegment reserve(long bytes, Arena arena) {
        long address = map(0, bytes, 0, PRIVATE | ANONYMOUS, -1, 0);
        return MemorySegment.ofAddress(address).reinterpret(bytes, arena, gone -> unmap(gone.address(), bytes));
    }

    /// Maps a part of a file for reading, in place of whatever was there. All sizes are of whole pages.
    static void place(long address, long bytes, Path file, long offset) {
        int descriptor = open(file);
        try {
            map(address, bytes, READ, SHARED | FIXED, descriptor, offset);
        } finally {
            close(descriptor);
        }
    }

    private static long map(long address, long bytes, int protection, int flags, int descriptor, long offset) {
        long mapped;
        try {
            mapped = (long) MMAP.invokeExact(address, bytes, protection, flags, descriptor, offset);
        } catch (Throwable impossible) {
            throw new AssertionError("mmap threw", impossible);
        }
        if (mapped == -1) {
            throw new IllegalStateException("cannot map " + bytes + " bytes of memory that members share");
        }
        return mapped;
    }

    private static void unmap(long address, long bytes) {
        try {
            int ignored = (int) MUNMAP.invokeExact(address, bytes);
        } catch (Throwable impossible) {
            throw new AssertionError("munmap threw", impossible);
        }
    }

    private static int open(Path file) {
        int descriptor;
        try (Arena arena = Arena.ofConfined()) {
            descriptor = (int) OPEN.invokeExact(arena.allocateFrom(file.toString()), OPEN_READ_CLOSE_ON_EXEC);
        } catch (Throwable impossible) {
            throw new AssertionError("open threw", impossible);
        }
        if (descriptor < 0) {
            throw new IllegalStateException("cannot read " + file + ", where another member's numbers lie");
        }
        return descriptor;
    }

    private static void close(int descriptor) {
        try {
            int ignored = (int) CLOSE.invokeExact(descriptor);
        } catch (Throwable impossible) {
            throw new AssertionError("close threw", impossible);
        }
    }

    private static MethodHandle function(String name, MemoryLayout result, MemoryLayout... parameters) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(
                linker.defaultLookup().findOrThrow(name), FunctionDescriptor.of(result, parameters));
    }
}
