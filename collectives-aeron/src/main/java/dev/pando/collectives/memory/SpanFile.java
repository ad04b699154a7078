package dev.pando.collectives.memory;

import dev.pando.training.tensor.Memory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// A member's memory that its neighbours map too: its [ControlBlock], then its spans, in one file that only grows.
///
/// Spans are there until the file is closed. What others have mapped of it they keep.
public final class SpanFile implements Memory, AutoCloseable {
    private static final long PAGE = 4096;
    private static final int ZEROS = 1 << 20;

    private record Region(MemorySegment mapped, long offset) {}

    private final String owner;
    private final Path path;
    private final FileChannel channel;
    private final Arena arena = Arena.ofShared();
    private final ControlBlock board;
    private final MemorySegment page;
    private volatile List<Region> regions = List.of();
    private volatile List<SharedResult> results = List.of();
    private long end;

    private SpanFile(String owner, Path path, FileChannel channel, long token) throws IOException {
        this.owner = owner;
        this.path = path;
        this.channel = channel;
        this.page = grow(ControlBlock.BYTES);
        this.board = new ControlBlock(page);
        board.token(token);
    }

    /// @param owner the worker's name, for errors
    public static SpanFile create(String owner, Path path, long token) {
        try {
            FileChannel channel =
                    FileChannel.open(
                            path, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE);
            try {
                return new SpanFile(owner, path, channel, token);
            } catch (IOException | RuntimeException failure) {
                channel.close();
                Files.delete(path);
                throw failure;
            }
        } catch (IOException failure) {
            throw new UncheckedIOException(
                    "cannot make " + path + " for the spans of " + owner + ": " + failure.getMessage(), failure);
        }
    }

    public Path path() {
        return path;
    }

    public ControlBlock board() {
        return board;
    }

    @Override
    public synchronized MemorySegment allocate(String name, long bytes) {
        long room = Math.max(PAGE, Math.ceilDiv(bytes, PAGE) * PAGE);
        long offset = end;
        try {
            MemorySegment mapped = grow(room);
            List<Region> more = new ArrayList<>(regions);
            more.add(new Region(mapped, offset));
            regions = List.copyOf(more);
            return mapped.asSlice(0, bytes);
        } catch (IOException failure) {
            throw new UncheckedIOException(
                    String.format(
                            Locale.ROOT,
                            "no room for %s of %s: it takes %,d KiB, and in %s there are %,d KiB left; give that file"
                                    + " system more (a container: --shm-size), or name another directory for the transport",
                            name,
                            owner,
                            room >> 10,
                            path.getParent().getParent(),
                            usable() >> 10),
                    failure);
        }
    }

    /// A result that the member's neighbours write slices of.
    public synchronized SharedResult allocateResult(String name, long bytes) {
        MemorySegment own = allocate(name, Math.max(PAGE, Math.ceilDiv(bytes, PAGE) * PAGE));
        SharedResult result = new SharedResult(own, offsetOf(own), path, arena);
        List<SharedResult> more = new ArrayList<>(results);
        more.add(result);
        results = List.copyOf(more);
        return result;
    }

    /// The shared result that begins where this span does, or null.
    public SharedResult resultAt(MemorySegment span) {
        List<SharedResult> now = results;
        for (int at = 0; at < now.size(); at++) {
            if (now.get(at).whole().address() == span.address()) {
                return now.get(at);
            }
        }
        return null;
    }

    /// Where in the file a span lies, or -1 if it was not allocated here.
    public long offsetOf(MemorySegment span) {
        List<Region> now = regions;
        for (int at = 0; at < now.size(); at++) {
            Region region = now.get(at);
            long within = span.address() - region.mapped.address();
            if (within >= 0 && within + span.byteSize() <= region.mapped.byteSize()) {
                return region.offset + within;
            }
        }
        return -1;
    }

    @Override
    public synchronized void close() {
        try {
            channel.close();
            Files.deleteIfExists(path);
            arena.close();
        } catch (IOException stays) {
            System.getLogger(SpanFile.class.getName())
                    .log(System.Logger.Level.WARNING, "cannot delete " + path + ": " + stays.getMessage());
        }
    }

    /// Writes zeros rather than leaving a hole: a hole that cannot be filled later kills the process.
    private MemorySegment grow(long bytes) throws IOException {
        long begin = end;
        if (bytes > usable()) {
            throw new IOException("No space left on device"); // before others feel it
        }
        try {
            ByteBuffer zeros = ByteBuffer.allocateDirect((int) Math.min(bytes, ZEROS));
            for (long at = begin; at < begin + bytes; ) {
                zeros.clear().limit((int) Math.min(zeros.capacity(), begin + bytes - at));
                at += channel.write(zeros, at);
            }
        } catch (IOException full) {
            channel.truncate(begin);
            throw full;
        }
        end = begin + bytes;
        return channel.map(MapMode.READ_WRITE, begin, bytes, arena);
    }

    private long usable() {
        try {
            return Files.getFileStore(path.getParent()).getUsableSpace();
        } catch (IOException unknown) {
            return 0;
        }
    }
}
