package dev.pando.collectives;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/// What a node's transport needs to know. No bit of any sum depends on it, but all members of a group use the same
/// sizes.
///
/// @param directory for what members of a host share, spans and the media driver's files; best in memory
/// @param driver directory of a media driver that runs already; empty: the transport embeds one
/// @param sharing whether members of one host read each other's spans in place
/// @param eagerBytes up to which a partial sum is sent to everyone, who then all add for themselves
/// @param sliceBytes that a member reduces at a time where spans are shared; small enough for its second cache
/// @param chunkBytes of a frame's payload where numbers travel in log buffers
/// @param termBytes of a log buffer's term, a power of two; three of them for every pair of members
public record TransportSettings(
        Path directory,
        Optional<Path> driver,
        boolean sharing,
        int eagerBytes,
        int sliceBytes,
        int chunkBytes,
        int termBytes) {
    private static final int SMALLEST_TERM = 64 * 1024;
    private static final Path IN_MEMORY = Path.of("/dev/shm");

    public TransportSettings {
        multipleOf64("sliceBytes", sliceBytes);
        multipleOf64("chunkBytes", chunkBytes);
        if (eagerBytes < 0) {
            throw new IllegalArgumentException("eagerBytes must be 0 or more, not " + eagerBytes);
        }
        if (termBytes < SMALLEST_TERM || Integer.bitCount(termBytes) != 1) {
            throw new IllegalArgumentException(
                    "termBytes must be a power of two from " + SMALLEST_TERM + " up, not " + termBytes);
        }
        if (termBytes < 8 * (chunkBytes + Frame.HEADER)) {
            throw new IllegalArgumentException(
                    "termBytes of "
                            + termBytes
                            + " hold less than 8 chunks of "
                            + chunkBytes
                            + " bytes; use smaller chunks");
        }
    }

    /// An embedded driver and shared spans where the machine has `/dev/shm`, log buffers in a temporary folder
    /// elsewhere.
    public static TransportSettings defaults() {
        boolean inMemory = Files.isWritable(IN_MEMORY);
        Path directory = inMemory ? IN_MEMORY : Path.of(System.getProperty("java.io.tmpdir"));
        return new TransportSettings(
                directory, Optional.empty(), inMemory, 4 * 1024, 128 * 1024, 32 * 1024, 1024 * 1024);
    }

    public TransportSettings withDirectory(Path other) {
        return new TransportSettings(other, driver, sharing, eagerBytes, sliceBytes, chunkBytes, termBytes);
    }

    public TransportSettings withDriver(Path running) {
        return new TransportSettings(
                directory, Optional.of(running), sharing, eagerBytes, sliceBytes, chunkBytes, termBytes);
    }

    public TransportSettings withSharing(boolean shared) {
        return new TransportSettings(directory, driver, shared, eagerBytes, sliceBytes, chunkBytes, termBytes);
    }

    public TransportSettings withEagerBytes(int bytes) {
        return new TransportSettings(directory, driver, sharing, bytes, sliceBytes, chunkBytes, termBytes);
    }

    public TransportSettings withSliceBytes(int bytes) {
        return new TransportSettings(directory, driver, sharing, eagerBytes, bytes, chunkBytes, termBytes);
    }

    public TransportSettings withChunkBytes(int bytes) {
        return new TransportSettings(directory, driver, sharing, eagerBytes, sliceBytes, bytes, termBytes);
    }

    public TransportSettings withTermBytes(int bytes) {
        return new TransportSettings(directory, driver, sharing, eagerBytes, sliceBytes, chunkBytes, bytes);
    }

    private static void multipleOf64(String name, int bytes) {
        if (bytes < 64 || bytes % 64 != 0) {
            throw new IllegalArgumentException(name + " must be a positive multiple of 64, not " + bytes);
        }
    }
}
