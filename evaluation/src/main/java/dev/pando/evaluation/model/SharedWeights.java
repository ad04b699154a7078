package dev.pando.evaluation.model;

import dev.pando.evaluation.data.EvaluationException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Weights in the memory of the machine, once for all processes of an evaluation: a file of `/dev/shm` that each maps.
///
/// The process that made the file removes it when it closes. What a killed process left is removed by the next one.
public final class SharedWeights implements AutoCloseable {
    private static final Path IN_MEMORY = Path.of("/dev/shm");
    private static final String PREFIX = "pando-evaluation-";
    private static final Pattern NAME = Pattern.compile(PREFIX + "(\\d+)-.*");
    private static final int PIECE = 1 << 24;

    private final Path file;
    private final MemorySegment weights;
    private final Arena arena;

    private SharedWeights(Path file, MemorySegment weights, Arena arena) {
        this.file = file;
        this.weights = weights;
        this.arena = arena;
    }

    /// Copies weights to where other processes can map them.
    ///
    /// @throws EvaluationException if there is no room
    public static SharedWeights of(MemorySegment weights) {
        for (Path folder : List.of(IN_MEMORY, Path.of(System.getProperty("java.io.tmpdir")))) {
            if (Files.isWritable(folder)) {
                sweep(folder);
                try {
                    if (Files.getFileStore(folder).getUsableSpace() > weights.byteSize()) {
                        Path file = Files.createTempFile(folder, PREFIX + ProcessHandle.current().pid() + "-", "");
                        return written(file, weights);
                    }
                } catch (IOException failed) {
                    throw new EvaluationException(
                            "the weights cannot be shared through " + folder + ": " + failed.getMessage(), failed);
                }
            }
        }
        throw new EvaluationException(
                "neither "
                        + IN_MEMORY
                        + " nor the folder of temporary files has room for "
                        + (weights.byteSize() >> 20)
                        + " MiB of weights; leave --nodes out to ask with threads");
    }

    private static SharedWeights written(Path file, MemorySegment weights) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            // by writing, not through a mapping: a full memory is then an error, and no signal
            for (long from = 0; from < weights.byteSize(); from += PIECE) {
                ByteBuffer piece = weights.asSlice(from, Math.min(PIECE, weights.byteSize() - from)).asByteBuffer();
                while (piece.hasRemaining()) {
                    channel.write(piece);
                }
            }
            Arena arena = Arena.ofShared();
            return new SharedWeights(
                    file, channel.map(FileChannel.MapMode.READ_ONLY, 0, weights.byteSize(), arena), arena);
        } catch (IOException | RuntimeException failed) {
            Files.deleteIfExists(file);
            throw failed;
        }
    }

    /// Maps what another process shares.
    ///
    /// @param arena as long as which it is mapped
    /// @throws EvaluationException if the file is not there or has another size
    public static MemorySegment map(Path file, long bytes, Arena arena) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            if (channel.size() != bytes) {
                throw new EvaluationException(
                        file + " has " + channel.size() + " bytes, and the model has " + bytes + " of weights");
            }
            return channel.map(FileChannel.MapMode.READ_ONLY, 0, bytes, arena);
        } catch (IOException failed) {
            throw new EvaluationException(file + " cannot be mapped: " + failed.getMessage(), failed);
        }
    }

    /// Removes files whose process is gone.
    private static void sweep(Path folder) {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, PREFIX + "*")) {
            for (Path file : files) {
                Matcher name = NAME.matcher(file.getFileName().toString());
                if (name.matches() && ProcessHandle.of(Long.parseLong(name.group(1))).isEmpty()) {
                    Files.deleteIfExists(file);
                }
            }
        } catch (IOException kept) {
            // they cost memory and no evaluation: another user's cannot be removed
        }
    }

    public Path file() {
        return file;
    }

    /// Read only, until this is closed.
    public MemorySegment weights() {
        return weights;
    }

    @Override
    public void close() {
        arena.close();
        try {
            Files.deleteIfExists(file);
        } catch (IOException failed) {
            throw new EvaluationException(file + " cannot be removed: " + failed.getMessage(), failed);
        }
    }
}
