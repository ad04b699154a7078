package dev.pando.checkpoint;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// Memory that lies on disk: a mapped file without a name, gone when it is closed and when the process dies.
///
/// @param bytes zero at first
record PassingFile(Arena arena, MemorySegment bytes) implements AutoCloseable {
    static PassingFile in(Path folder, long bytes) throws IOException {
        long free = Files.getFileStore(folder).getUsableSpace();
        if (free < bytes) { // to be found out now and not by a fault in the midst of writing to memory
            throw new FolderStorage.NoSpaceException(free);
        }
        Path file = Files.createTempFile(folder, ".passing-", "");
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            Files.delete(file);
            Arena arena = Arena.ofShared();
            return new PassingFile(arena, channel.map(FileChannel.MapMode.READ_WRITE, 0, bytes, arena));
        }
    }

    @Override
    public void close() {
        arena.close();
    }
}
