package dev.pando.collectives;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/// What a node's transport needs to know.
///
/// @param directory for what members share: the media driver's files; best on a file system in memory
/// @param driver directory of a media driver that runs already; empty: the transport embeds one
/// @param chunkBytes of a frame's payload; no bit depends on it, but all members use the same
/// @param termBytes of a log buffer's term, a power of two; three of them for every pair of members
public record TransportSettings(Path directory, Optional<Path> driver, int chunkBytes, int termBytes) {
    private static final int SMALLEST_TERM = 64 * 1024;

    public TransportSettings {
        if (chunkBytes < 64 || chunkBytes % 64 != 0) {
            throw new IllegalArgumentException("chunkBytes must be a positive multiple of 64, not " + chunkBytes);
        }
        if (termBytes < SMALLEST_TERM || Integer.bitCount(termBytes) != 1) {
            throw new IllegalArgumentException("termBytes must be a power of two from " + SMALLEST_TERM + " up, not " + termBytes);
        }
        if (termBytes < 8 * (chunkBytes + Frame.HEADER)) {
            throw new IllegalArgumentException(
                    "termBytes of " + termBytes + " hold less than 8 chunks of " + chunkBytes + " bytes; use smaller chunks");
        }
    }

    /// An embedded driver, in memory where the machine has `/dev/shm`.
    public static TransportSettings defaults() {
        Path shared = Path.of("/dev/shm");
        Path directory = Files.isWritable(shared) ? shared : Path.of(System.getProperty("java.io.tmpdir"));
        return new TransportSettings(directory, Optional.empty(), 32 * 1024, 1024 * 1024);
    }

    public TransportSettings withDirectory(Path other) {
        return new TransportSettings(other, driver, chunkBytes, termBytes);
    }

    public TransportSettings withDriver(Path running) {
        return new TransportSettings(directory, Optional.of(running), chunkBytes, termBytes);
    }

    public TransportSettings withChunkBytes(int bytes) {
        return new TransportSettings(directory, driver, bytes, termBytes);
    }

    public TransportSettings withTermBytes(int bytes) {
        return new TransportSettings(directory, driver, chunkBytes, bytes);
    }
}
