package dev.pando.checkpoint.io;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// The file system of the machine.
public class LocalDisk implements Disk {
    /// Locks held in this JVM, since POSIX ends a process's lock when *any* of its channels on that file closes: a lock
    /// that is known to be held must not even be opened.
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    @Override
    public List<String> list(Path folder) throws IOException {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
            entries.forEach(entry -> names.add(entry.getFileName().toString()));
        } catch (DirectoryIteratorException broken) {
            throw broken.getCause();
        }
        Collections.sort(names);
        return names;
    }

    @Override
    public boolean exists(Path path) throws IOException {
        try {
            Files.readAttributes(path, BasicFileAttributes.class);
            return true;
        } catch (NoSuchFileException absent) {
            return false; // and nothing else is: a place that cannot be read just now is not empty
        }
    }

    @Override
    public void createFolder(Path folder) throws IOException {
        Files.createDirectories(folder);
    }

    @Override
    public Output create(Path file) throws IOException {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        return new Output() {
            @Override
            public void write(ByteBuffer bytes) throws IOException {
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
            }

            @Override
            public void sync() throws IOException {
                channel.force(true);
            }

            @Override
            public void close() throws IOException {
                channel.close();
            }
        };
    }

    @Override
    public Input open(Path file) throws IOException {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
        return new Input() {
            @Override
            public long bytes() throws IOException {
                return channel.size();
            }

            @Override
            public void read(ByteBuffer into, long position) throws IOException {
                long at = position;
                while (into.hasRemaining()) {
                    int count = channel.read(into, at);
                    if (count < 0) {
                        throw new EOFException(file + " ends at byte " + at);
                    }
                    at += count;
                }
            }

            @Override
            public void close() throws IOException {
                channel.close();
            }
        };
    }

    @Override
    public void syncFolder(Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    @Override
    public void move(Path from, Path to) throws IOException {
        if (Files.exists(to)) { // rename(2) would silently replace a file or an empty folder
            throw new FileAlreadyExistsException(to.toString());
        }
        try {
            rename(from, to);
        } catch (NoSuchFileException lost) {
            // A file server whose first answer was lost carries out the second try after the first, and finds nothing.
            if (!Files.exists(to)) {
                throw lost;
            }
        } catch (FileSystemException raced) {
            if (Files.exists(to) && Files.exists(from)) {
                throw new FileAlreadyExistsException(to.toString());
            }
            throw raced;
        }
    }

    void rename(Path from, Path to) throws IOException {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    }

    @Override
    public boolean link(Path existing, Path name) throws IOException {
        try {
            Files.createLink(name, existing);
            return true;
        } catch (NoSuchFileException gone) {
            throw gone;
        } catch (UnsupportedOperationException | FileSystemException cannot) {
            return false;
        }
    }

    @Override
    public void delete(Path path) throws IOException {
        Files.deleteIfExists(path);
    }

    @Override
    public Optional<Closeable> createLocked(Path file) throws IOException {
        Optional<Closeable> lock = lock(file, StandardOpenOption.CREATE_NEW);
        if (lock.isPresent()
                && !Files.exists(file)) { // another process took it for a dead one's before we had locked it
            lock.get().close();
            return Optional.empty();
        }
        return lock;
    }

    @Override
    public Optional<Closeable> lock(Path file) throws IOException {
        return lock(file, StandardOpenOption.READ);
    }

    private static Optional<Closeable> lock(Path file, StandardOpenOption how) throws IOException {
        Path key = file.toAbsolutePath().getParent().toRealPath().resolve(file.getFileName());
        if (!HELD.add(key)) {
            return Optional.empty();
        }
        FileChannel channel = null;
        boolean taken = false;
        try {
            channel = FileChannel.open(file, how, StandardOpenOption.WRITE);
            taken = channel.tryLock() != null;
            FileChannel held = channel;
            return taken ? Optional.of(() -> release(held, key)) : Optional.empty();
        } finally {
            if (!taken) {
                if (channel != null) {
                    channel.close();
                }
                HELD.remove(key);
            }
        }
    }

    private static void release(FileChannel channel, Path key) throws IOException {
        try {
            channel.close();
        } finally {
            HELD.remove(key);
        }
    }

    @Override
    public long free(Path folder) throws IOException {
        return Files.getFileStore(folder).getUsableSpace();
    }
}
