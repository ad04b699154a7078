package dev.pando.checkpoint.io;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// The few things that a folder of checkpoints asks of a file system. Tests put one in its place that fails at will and
/// forgets what was not synced.
public interface Disk {
    /// Names of the entries of a folder, sorted.
    List<String> list(Path folder) throws IOException;

    boolean exists(Path path) throws IOException;

    /// Creates a folder and those above it; a folder that is there already is fine.
    void createFolder(Path folder) throws IOException;

    /// Creates a file that must not be there yet.
    Output create(Path file) throws IOException;

    Input open(Path file) throws IOException;

    /// Makes the folder's entries survive a power cut.
    void syncFolder(Path folder) throws IOException;

    /// Renames in one act.
    ///
    /// @throws java.nio.file.FileAlreadyExistsException if there is something else already
    void move(Path from, Path to) throws IOException;

    /// Gives a file a second name.
    ///
    /// @return false where the file system cannot
    /// @throws java.nio.file.NoSuchFileException if the file is gone
    boolean link(Path existing, Path name) throws IOException;

    /// Removes a file or an empty folder; one that is gone already is fine.
    void delete(Path path) throws IOException;

    /// Creates a file and takes a lock on it that ends with the process at the latest.
    ///
    /// @return empty if another process was faster to lock it
    Optional<Closeable> createLocked(Path file) throws IOException;

    /// Takes the lock of a file.
    ///
    /// @return empty if it is held, in this process or another
    /// @throws java.nio.file.NoSuchFileException if the file is gone
    Optional<Closeable> lock(Path file) throws IOException;

    /// Bytes that can still be written below a folder.
    long free(Path folder) throws IOException;

    /// A file being written, front to back.
    interface Output extends Closeable {
        /// Writes all that remains in the buffer.
        void write(ByteBuffer bytes) throws IOException;

        /// Makes the contents survive a power cut.
        void sync() throws IOException;
    }

    /// A file being read, by several threads if they like.
    interface Input extends Closeable {
        long bytes() throws IOException;

        /// Fills what remains in the buffer.
        ///
        /// @throws java.io.EOFException if the file ends before
        void read(ByteBuffer into, long position) throws IOException;

        /// Fills several buffers with what lies there one after the other.
        default void read(List<ByteBuffer> into, long position) throws IOException {
            long at = position;
            for (ByteBuffer one : into) {
                long bytes = one.remaining();
                read(one, at);
                at += bytes;
            }
        }
    }
}
