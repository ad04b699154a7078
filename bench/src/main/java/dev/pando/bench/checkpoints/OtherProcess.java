package dev.pando.bench.checkpoints;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/// What memory allows between two processes of this host: one thread copies, once, what another process has written
/// into memory that both map.
final class OtherProcess {
    private static final int WINDOW = 4 << 20;
    private static final MethodHandle MEMCPY =
            Linker.nativeLinker()
                    .downcallHandle(
                            Linker.nativeLinker().defaultLookup().findOrThrow("memcpy"),
                            FunctionDescriptor.ofVoid(ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG));

    private OtherProcess() {}

    /// The one side: a file of this many bytes, without holes.
    static void write(Path file, long bytes) throws IOException {
        ByteBuffer window = ByteBuffer.allocateDirect(WINDOW);
        for (int at = 0; at < WINDOW; at++) {
            window.put(at, (byte) at);
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (long at = 0; at < bytes; ) {
                window.clear().limit((int) Math.min(WINDOW, bytes - at));
                at += channel.write(window, at);
            }
        }
    }

    /// The other side: maps the file, then copies it, span by span.
    ///
    /// @return bytes a second, mapping included as it is when a state comes back
    static double copy(Path file, List<MemorySegment> into) throws IOException {
        long begin = System.nanoTime();
        long at = 0;
        try (FileChannel channel = FileChannel.open(file);
                Arena arena = Arena.ofShared()) {
            MemorySegment theirs = channel.map(MapMode.READ_ONLY, 0, channel.size(), arena);
            for (MemorySegment span : into) {
                copy(span, theirs.asSlice(at, span.byteSize()));
                at += span.byteSize();
            }
            return at / Rig.seconds(begin);
        }
    }

    private static void copy(MemorySegment into, MemorySegment from) {
        try {
            MEMCPY.invokeExact(into, from, into.byteSize());
        } catch (Throwable impossible) {
            throw new AssertionError("memcpy threw", impossible);
        }
    }
}
