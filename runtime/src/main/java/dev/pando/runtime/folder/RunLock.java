package dev.pando.runtime.folder;

import dev.pando.runtime.settings.UserError;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/// Keeps a run's folder to one living process: the kernel lets go when the process dies, however it dies.
///
/// The file stays when the lock is released: a file that comes and goes can be locked twice.
final class RunLock implements AutoCloseable {
    private final FileChannel channel;
    private final FileLock lock;

    private RunLock(FileChannel channel, FileLock lock) {
        this.channel = channel;
        this.lock = lock;
    }

    static RunLock take(Path folder) throws IOException {
        Path file = folder.resolve(RunFolder.LOCK);
        FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        try {
            FileLock lock = channel.tryLock();
            if (lock != null) {
                channel.truncate(0);
                channel.write(
                        ByteBuffer.wrap((ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.US_ASCII)), 0);
                return new RunLock(channel, lock);
            }
        } catch (OverlappingFileLockException here) {
            // another run in this very process
        } catch (IOException failed) {
            channel.close();
            throw failed;
        }
        String owner = Files.readString(file).strip();
        channel.close();
        throw UserError.failed(
                folder
                        + " is in use by the run of process "
                        + owner
                        + "; let it finish, stop it with `kill "
                        + owner
                        + "`, or pick another folder with --out");
    }

    /// Takes it from its holder: a new file, locked before it bears the name.
    static RunLock seize(Path folder) throws IOException {
        Path draft = folder.resolve(RunFolder.LOCK + "." + ProcessHandle.current().pid());
        FileChannel channel =
                FileChannel.open(draft, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        try {
            FileLock lock = channel.lock();
            channel.truncate(0);
            channel.write(
                    ByteBuffer.wrap((ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.US_ASCII)), 0);
            Files.move(
                    draft,
                    folder.resolve(RunFolder.LOCK),
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
            return new RunLock(channel, lock);
        } catch (IOException | RuntimeException failed) {
            channel.close();
            throw failed;
        }
    }

    @Override
    public void close() throws IOException {
        channel.truncate(0);
        lock.release();
        channel.close();
    }
}
