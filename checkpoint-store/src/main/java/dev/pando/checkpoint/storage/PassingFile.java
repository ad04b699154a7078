package dev.pando.checkpoint.storage;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// Memory that lies on disk: a mapped file without a name, gone when it is closed and when the process dies.
///
/// @param bytes zero at first
public record PassingFile(Arena arena, MemorySegment bytes) implements AutoCloseable {
    private static final int WINDOW = 1 << 20;

    public static PassingFile in(Path folder, long bytes) throws IOException {
        long free = Files.getFileStore(folder).getUsableSpace();
        if (free < bytes) { // to be found out now and not by a fault in the midst of writing to memory
            throw new FolderStorage.NoSpaceException(free);
        }
        Path file = Files.createTempFile(folder, ".passing-", "");
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            Files.delete(file);
            fill(channel, bytes);
            Arena arena = Arena.ofShared();
            try {
                return new PassingFile(arena, channel.map(FileChannel.MapMode.READ_WRITE, 0, bytes, arena));
            } catch (IOException | RuntimeException failed) {
                arena.close();
                throw failed;
            }
        }
    }

    /// No hole is left: one that cannot be filled any more, since others filled the disk, would be such a fault too.
    private static void fill(FileChannel channel, long bytes) throws IOException {
        ByteBuffer zeros = ByteBuffer.allocateDirect(WINDOW);
        for (long at = 0; at < bytes; ) {
            at += channel.write(zeros.clear().limit((int) Math.min(WINDOW, bytes - at)), at);
        }
    }

    @Override
    public void close() {
        arena.close();
    }
}
