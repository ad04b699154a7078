package dev.pando.training.data;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// Where prepared data is written to: the disk, or in tests one that is full.
@FunctionalInterface
interface Disk {
    /// The disk of this machine.
    Disk REAL =
            path -> {
                FileChannel channel = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
                return new Output() {
                    @Override
                    public void write(ByteBuffer bytes) throws IOException {
                        while (bytes.hasRemaining()) {
                            channel.write(bytes);
                        }
                    }

                    @Override
                    public void force() throws IOException {
                        channel.force(true);
                    }

                    @Override
                    public void close() throws IOException {
                        channel.close();
                    }
                };
            };

    Output create(Path path) throws IOException;

    /// A file that is being written.
    interface Output extends Closeable {
        void write(ByteBuffer bytes) throws IOException;

        /// When this returns, what was written survives a power cut.
        void force() throws IOException;
    }

    /// Makes the entries of a directory survive a power cut.
    static void forceDirectory(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory)) {
            channel.force(true);
        }
    }

    /// Why something failed, in words that fit into a sentence.
    static String reason(IOException e) {
        return switch (e) {
            case AccessDeniedException _ -> "permission denied";
            case NoSuchFileException _ -> "it does not exist";
            case FileSystemException failure when failure.getReason() != null -> failure.getReason();
            default -> e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
        };
    }
}
