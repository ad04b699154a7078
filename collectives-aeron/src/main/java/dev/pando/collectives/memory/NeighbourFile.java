package dev.pando.collectives.memory;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// Another member's [SpanFile], mapped for reading. It stays readable when its owner dies.
///
/// Used by one thread at a time.
public final class NeighbourFile implements AutoCloseable {
    private final Path path;
    private final FileChannel channel;
    private final Arena arena = Arena.ofShared();
    private final ControlBlock board;
    private Arena spansArena;
    private MemorySegment spans = MemorySegment.NULL;

    private NeighbourFile(Path path, FileChannel channel) throws IOException {
        this.path = path;
        this.channel = channel;
        this.board = new ControlBlock(channel.map(MapMode.READ_ONLY, 0, ControlBlock.BYTES, arena));
    }

    /// @return null if it cannot be reached from here, or is not that member's
    public static NeighbourFile open(Path path, long token) {
        try {
            FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
            if (channel.size() >= ControlBlock.BYTES) {
                NeighbourFile file = new NeighbourFile(path, channel);
                if (file.board.token() == token) {
                    return file;
                }
                file.close();
            }
            channel.close();
            return null;
        } catch (IOException unreachable) {
            return null;
        }
    }

    public Path path() {
        return path;
    }

    public ControlBlock board() {
        return board;
    }

    /// Makes the file's first `bytes` bytes readable. Addresses that were asked for before no longer hold.
    public void reach(long end) {
        if (end <= spans.byteSize()) {
            return;
        }
        try {
            long size = channel.size();
            if (end > size) {
                throw new IllegalStateException("a span ends at %d in a file of %d bytes".formatted(end, size));
            }
            Arena wider = Arena.ofShared();
            spans = channel.map(MapMode.READ_ONLY, 0, size, wider);
            if (spansArena != null) {
                spansArena.close();
            }
            spansArena = wider;
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot map a neighbour's spans: " + failure.getMessage(), failure);
        }
    }

    /// Where in our memory the file's first byte lies.
    public long address() {
        return spans.address();
    }

    @Override
    public void close() {
        try {
            if (spansArena != null) {
                spansArena.close();
            }
            arena.close();
            channel.close();
        } catch (IOException ignored) {
            // a channel that was only read
        }
    }
}
