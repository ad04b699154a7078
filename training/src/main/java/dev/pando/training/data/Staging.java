package dev.pando.training.data;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/// A folder that becomes visible under its final name in one act, or disappears.
///
/// A lock that dies with its process tells the folder of a living one from what a killed one left behind; the latter is
/// swept away by the next preparation.
final class Staging implements AutoCloseable {
    private static final String PREFIX = ".preparing-";
    private static final String LOCK = ".lock";
    private static final String DISCARDED = ".discarded";

    /// Locks of this process: closing a file a second time would drop the lock that is held on it.
    private static final Set<Path> OURS = new HashSet<>();

    private final Path folder;
    private final Path lockFile;
    private final FileChannel channel;

    private Staging(Path folder, Path lockFile, FileChannel channel) {
        this.folder = folder;
        this.lockFile = lockFile;
        this.channel = channel;
    }

    /// Makes a new folder in `where`, which is made if need be, and sweeps away abandoned ones.
    static Staging open(Path where) throws IOException {
        // one name for one folder, also where links lead to it: a lock is known by its name
        Path home = Files.createDirectories(where).toRealPath();
        synchronized (OURS) {
            sweep(home);
            while (true) {
                String name = PREFIX + UUID.randomUUID();
                Path lockFile = home.resolve(name + LOCK);
                FileChannel channel =
                        FileChannel.open(lockFile, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
                FileLock lock = channel.tryLock();
                // between its making and its locking another process may have swept the file away
                if (lock != null && Files.exists(lockFile)) {
                    OURS.add(lockFile);
                    Staging staging = new Staging(home.resolve(name), lockFile, channel);
                    Files.createDirectory(staging.folder);
                    return staging;
                }
                channel.close();
            }
        }
    }

    Path folder() {
        return folder;
    }

    /// Moves what was written to its final name, durably. Where a folder of that name is there already, another process
    /// was first, and its folder stays.
    void publish(Path target) throws IOException {
        Disk.forceDirectory(folder);
        try {
            Files.move(folder, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (FileSystemException e) {
            if (!Files.exists(target)) {
                throw e;
            }
        }
        Disk.forceDirectory(target.toAbsolutePath().getParent());
    }

    /// Takes a folder away from its name in one act, and then deletes it.
    void discard(Path damaged) throws IOException {
        Path aside = folder.resolveSibling(folder.getFileName() + DISCARDED);
        try {
            Files.move(damaged, aside, StandardCopyOption.ATOMIC_MOVE);
        } catch (NoSuchFileException someoneElseDid) {
            return;
        }
        delete(aside);
    }

    @Override
    public void close() throws IOException {
        try {
            delete(folder);
        } finally {
            synchronized (OURS) {
                Files.deleteIfExists(lockFile);
                channel.close();
                OURS.remove(lockFile);
            }
        }
    }

    private static void sweep(Path home) throws IOException {
        List<Path> lockFiles;
        try (var files = Files.list(home)) {
            lockFiles =
                    files.filter(file -> file.getFileName().toString().startsWith(PREFIX))
                            .filter(file -> file.getFileName().toString().endsWith(LOCK))
                            .filter(file -> !OURS.contains(file))
                            .toList();
        }
        for (Path lockFile : lockFiles) {
            try (FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.WRITE)) {
                if (channel.tryLock() != null) {
                    String name = lockFile.getFileName().toString();
                    Path folder = lockFile.resolveSibling(name.substring(0, name.length() - LOCK.length()));
                    delete(folder);
                    delete(folder.resolveSibling(folder.getFileName() + DISCARDED));
                    Files.deleteIfExists(lockFile);
                }
            } catch (NoSuchFileException gone) {
                // another process sweeps too
            }
        }
    }

    private static void delete(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        List<Path> files;
        try (var walk = Files.walk(folder)) {
            files = walk.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path file : files) {
            Files.deleteIfExists(file);
        }
    }
}
