package dev.pando.checkpoint.storage;

import dev.pando.checkpoint.format.CheckpointName;
import dev.pando.checkpoint.format.Manifest;
import dev.pando.checkpoint.io.Disk;
import java.io.Closeable;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/// Checkpoints as sub-folders of a local or shared folder.
///
/// A draft is a hidden folder with a lock file beside it that its writer holds; publishing syncs every file and the
/// folder, renames it, and syncs the parent. A draft whose lock is free was left by a writer that is gone.
public final class FolderStorage implements Storage {
    /// Read in about the time that other threads need to begin.
    private static final long LEAST_TO_SHARE = 1 << 20;

    private static final String DRAFT = ".draft-";
    private static final String TRASH = ".trash-";
    private static final String LOCK = ".lock";

    private final Disk disk;
    private final Path folder;
    private volatile boolean named;

    public FolderStorage(Disk disk, Path folder) {
        this.disk = disk;
        this.folder = folder;
    }

    @Override
    public String where() {
        return folder.toString();
    }

    @Override
    public List<String> checkpoints() throws IOException {
        if (!disk.exists(folder)) {
            return List.of();
        }
        return disk.list(folder).stream().filter(this::isCheckpoint).toList();
    }

    private boolean isCheckpoint(String name) {
        try {
            return !name.startsWith(".")
                    && (CheckpointName.isOne(name) || disk.exists(folder.resolve(name).resolve(Manifest.FILE)));
        } catch (IOException unreadable) {
            return false;
        }
    }

    @Override
    public boolean exists(String checkpoint) throws IOException {
        return disk.exists(folder.resolve(checkpoint));
    }

    @Override
    public Disk.Input open(String checkpoint, String file) throws IOException {
        return disk.open(folder.resolve(checkpoint).resolve(file));
    }

    @Override
    public Draft draft(String checkpoint, long expectedBytes) throws IOException {
        createFolder();
        long free = disk.free(folder);
        if (free < expectedBytes) {
            throw new NoSpaceException(free);
        }
        while (true) {
            String name = DRAFT + UUID.randomUUID();
            Path lockFile = folder.resolve(name + LOCK);
            Optional<Closeable> lock = disk.createLocked(lockFile);
            if (lock.isPresent()) {
                try {
                    disk.createFolder(folder.resolve(name));
                } catch (IOException | RuntimeException failed) {
                    discard(lockFile, lock.get(), failed);
                    throw failed;
                }
                return new FolderDraft(folder.resolve(name), folder.resolve(checkpoint), lockFile, lock.get());
            }
        }
    }

    /// Creates the folder and makes its name durable, and those above it, old or new: without a name that lasts, all
    /// that is below goes with it.
    private void createFolder() throws IOException {
        if (named) {
            return;
        }
        disk.createFolder(folder);
        for (Path at = folder.toAbsolutePath().getParent(); at != null; at = at.getParent()) {
            try {
                disk.syncFolder(at);
            } catch (AccessDeniedException others) {
                break; // not ours, and there for long
            }
        }
        named = true;
    }

    @Override
    public Draft join(String ticket) throws IOException {
        if (!ticket.startsWith(DRAFT) || !disk.exists(folder.resolve(ticket))) {
            throw new NoSuchFileException(folder.resolve(ticket).toString());
        }
        return new FolderDraft(folder.resolve(ticket), null, null, null);
    }

    private void discard(Path lockFile, Closeable lock, Exception failed) {
        try {
            disk.delete(lockFile);
        } catch (IOException also) {
            failed.addSuppressed(also);
        }
        try {
            lock.close();
        } catch (IOException also) {
            failed.addSuppressed(also);
        }
    }

    @Override
    public void remove(String checkpoint) throws IOException {
        Path trash = folder.resolve(TRASH + checkpoint + "-" + UUID.randomUUID());
        try {
            disk.move(folder.resolve(checkpoint), trash);
        } catch (NoSuchFileException | FileNotFoundException removedByAnother) {
            return;
        }
        disk.syncFolder(folder);
        deleteTree(trash);
    }

    @Override
    public long leastToShare() {
        return LEAST_TO_SHARE;
    }

    @Override
    public int readers() {
        return Runtime.getRuntime().availableProcessors();
    }

    @Override
    public Path scratch() throws IOException {
        createFolder();
        return folder;
    }

    @Override
    public void sweep() throws IOException {
        if (!disk.exists(folder)) {
            return;
        }
        for (String name : disk.list(folder)) {
            if (name.startsWith(TRASH)) {
                deleteTree(folder.resolve(name));
            } else if (name.startsWith(DRAFT)) {
                sweepDraft(name.endsWith(LOCK) ? name.substring(0, name.length() - LOCK.length()) : name);
            }
        }
    }

    /// A writer makes its lock first and its folder then, and removes them the other way round: a folder without a lock
    /// file has no writer.
    private void sweepDraft(String name) throws IOException {
        Path lockFile = folder.resolve(name + LOCK);
        try {
            Optional<Closeable> lock = disk.lock(lockFile);
            if (lock.isEmpty()) {
                return;
            }
            try (Closeable _ = lock.get()) {
                deleteTree(folder.resolve(name));
                disk.delete(lockFile);
            }
        } catch (NoSuchFileException noLock) {
            deleteTree(folder.resolve(name));
        }
    }

    private void deleteTree(Path path) throws IOException {
        try {
            for (String name : disk.list(path)) {
                deleteTree(path.resolve(name));
            }
        } catch (NoSuchFileException | NotDirectoryException goneOrFile) {
            // another sweeper was faster, or it is a file
        }
        disk.delete(path);
    }

    @Override
    public void close() {}

    /// The folder holds less than a checkpoint needs.
    static final class NoSpaceException extends IOException {
        private static final long serialVersionUID = 1L;

        final long free;

        NoSpaceException(long free) {
            super("No space left on device");
            this.free = free;
        }
    }

    private final class FolderDraft implements Draft {
        private final Path draft;
        private final Path target;
        private final Path lockFile;
        private final Closeable lock;
        private boolean published;

        FolderDraft(Path draft, Path target, Path lockFile, Closeable lock) {
            this.draft = draft;
            this.target = target;
            this.lockFile = lockFile;
            this.lock = lock;
        }

        @Override
        public String ticket() {
            return draft.getFileName().toString();
        }

        @Override
        public Disk.Output create(String file, long bytes) throws IOException {
            return lock == null ? new SharedFile(draft, file) : disk.create(draft.resolve(file));
        }

        @Override
        public long bytes(String file) throws IOException {
            try (Disk.Input input = disk.open(draft.resolve(file))) {
                return input.bytes();
            }
        }

        @Override
        public Adoption adopt(String checkpoint, String file) throws IOException {
            try {
                boolean linked = disk.link(folder.resolve(checkpoint).resolve(file), draft.resolve(file));
                return linked ? Adoption.DONE : Adoption.IMPOSSIBLE;
            } catch (NoSuchFileException removed) {
                return Adoption.GONE;
            }
        }

        @Override
        public boolean publish(ByteBuffer manifest) throws IOException {
            if (lock == null) {
                throw new IllegalStateException("only who began draft " + draft + " publishes it");
            }
            try (Disk.Output out = disk.create(draft.resolve(Manifest.FILE))) {
                out.write(manifest);
                out.sync();
            }
            disk.syncFolder(draft);
            try {
                disk.move(draft, target);
            } catch (FileAlreadyExistsException another) {
                return false;
            }
            published = true;
            disk.syncFolder(folder);
            return true;
        }

        @Override
        public void close() throws IOException {
            if (lock == null) { // another process's
                return;
            }
            try (lock) {
                if (!published) {
                    deleteTree(draft);
                }
                disk.delete(lockFile);
            } catch (IOException failed) {
                if (!published) { // else it is safe, and only a lock file remains for the next sweep
                    throw failed;
                }
            }
        }
    }

    /// A file in a draft that others write to as well: under a separate name until it is whole, since two who hold the
    /// same tensors write the same file.
    private final class SharedFile implements Disk.Output {
        private final Path draft;
        private final Path target;
        private final Path part;
        private final Disk.Output out;

        SharedFile(Path draft, String file) throws IOException {
            this.draft = draft;
            this.target = draft.resolve(file);
            this.part = draft.resolve("." + UUID.randomUUID());
            this.out = disk.create(part);
        }

        @Override
        public void write(ByteBuffer bytes) throws IOException {
            out.write(bytes);
        }

        @Override
        public void sync() throws IOException {
            out.sync();
            try {
                disk.move(part, target);
            } catch (FileAlreadyExistsException twin) {
                disk.delete(part); // equal names have equal contents, and what has this name is whole
            }
            disk.syncFolder(draft);
        }

        @Override
        public void close() throws IOException {
            try (out) {
                disk.delete(part);
            }
        }
    }
}
