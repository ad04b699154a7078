package dev.pando.checkpoint.storage;

import dev.pando.checkpoint.io.Disk;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// Where checkpoints lie: it knows their names and files, and nothing of tensors.
///
/// A checkpoint is there as a whole or not at all, never changes once it is there, and needs no other to be read.
public interface Storage extends AutoCloseable {
    /// The place, as a person would name it.
    String where();

    /// Names of the checkpoints, sorted.
    List<String> checkpoints() throws IOException;

    boolean exists(String checkpoint) throws IOException;

    /// Opens one file of a checkpoint.
    Disk.Input open(String checkpoint, String file) throws IOException;

    /// Begins a checkpoint that no reader sees until it is published.
    Draft draft(String checkpoint, long expectedBytes) throws IOException;

    /// Joins in on a draft that another process began and will publish. Closing it removes nothing.
    ///
    /// @throws java.nio.file.NoSuchFileException if it is gone
    Draft join(String ticket) throws IOException;

    /// Removes a checkpoint in one act as far as readers can see, then its files.
    void remove(String checkpoint) throws IOException;

    /// How many reads at once the place serves best, where nothing else is to be done meanwhile.
    int readers();

    /// Fewer bytes than these are read sooner by one.
    default long leastToShare() {
        return 0;
    }

    /// How many bytes that lie side by side are best asked for at once; 0: each chunk for itself.
    default long runBytes() {
        return 0;
    }

    /// What went wrong and was overcome since it was last asked, in a sentence.
    default Optional<String> warning() {
        return Optional.empty();
    }

    /// What keeps it from answering just now, and how long one asks, for a person; empty where nothing is known.
    default Optional<String> blockedReason() {
        return Optional.empty();
    }

    /// A local folder for files that pass through.
    Path scratch() throws IOException;

    /// Clears what writers left behind that are no longer alive.
    void sweep() throws IOException;

    @Override
    void close();

    /// How taking over a file went.
    enum Adoption {
        DONE,
        /// The file was removed meanwhile.
        GONE,
        /// Files cannot be taken over here.
        IMPOSSIBLE
    }

    /// A checkpoint in the making. Closing one that is not published removes it.
    interface Draft extends Closeable {
        /// Names the draft to those who [Storage#join] in.
        String ticket();

        /// Begins a file; its contents are durable once it is synced. Files of one name hold the same: one that is
        /// whole already need not be written again.
        ///
        /// @param bytes that it will have
        Disk.Output create(String file, long bytes) throws IOException;

        /// Size of a finished file of the draft.
        ///
        /// @throws java.nio.file.NoSuchFileException if it is absent
        long bytes(String file) throws IOException;

        /// Takes over a file of a published checkpoint without writing its bytes again.
        Adoption adopt(String checkpoint, String file) throws IOException;

        /// Writes the manifest and makes the checkpoint visible, for good.
        ///
        /// @return false if another process published one of this name
        boolean publish(ByteBuffer manifest) throws IOException;
    }
}
