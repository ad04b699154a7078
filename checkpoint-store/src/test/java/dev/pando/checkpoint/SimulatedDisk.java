package dev.pando.checkpoint;

import dev.pando.checkpoint.Survivors.FileNode;
import dev.pando.checkpoint.Survivors.FolderNode;
import dev.pando.checkpoint.Survivors.Node;
import dev.pando.checkpoint.Survivors.Unsynced;
import dev.pando.checkpoint.io.Disk;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.Supplier;

/// A file system in memory that tells what was synced from what was not: after [#powerCut] only the former is sure.
public final class SimulatedDisk implements Disk {
    /// Thrown by the call at which the power goes, and by all after it.
    static final class PowerCut extends IOException {
        private static final long serialVersionUID = 1L;

        PowerCut() {
            super("the power is gone");
        }
    }

    private final Random random;
    private final Set<String> locks = new HashSet<>();
    private FolderNode root = new FolderNode();
    private long calls;
    private long cutAt = Long.MAX_VALUE;
    private Supplier<IOException> failWith;
    long free = Long.MAX_VALUE;
    boolean links = true;

    /// What another process does just before the next link is made.
    Action beforeLink = () -> {};

    interface Action {
        void run() throws IOException;
    }

    public SimulatedDisk(long seed) {
        this.random = new Random(seed);
    }

    /// Whether the fault that was asked for has come.
    public boolean hasFailed() {
        return calls >= cutAt;
    }

    /// Changing calls so far.
    long calls() {
        return calls;
    }

    /// The power goes at that changing call from now, counted from 1.
    void cutAfter(long changingCalls) {
        cutAt = calls + changingCalls;
        failWith = null;
    }

    /// That changing call from now fails, and all after it, with this; the machine stays up.
    public void failAfter(long changingCalls, String failure) {
        failAfter(changingCalls, () -> new IOException(failure));
    }

    public void failAfter(long changingCalls, Supplier<IOException> failure) {
        cutAt = calls + changingCalls;
        failWith = failure;
    }

    /// The fault is over.
    public void heal() {
        cutAt = Long.MAX_VALUE;
    }

    /// The machine starts again, with what the disk has.
    void powerCut(Unsynced fate) {
        cutAt = Long.MAX_VALUE;
        locks.clear();
        root = new Survivors(fate, random).of(root);
    }

    private void change() throws IOException {
        calls++;
        check();
    }

    private void check() throws IOException {
        if (calls >= cutAt) {
            throw failWith == null ? new PowerCut() : failWith.get();
        }
    }

    private Node find(Path path) throws IOException {
        Node node = root;
        for (Path name : path) {
            if (!(node instanceof FolderNode folder)) {
                throw new NotDirectoryException(path.toString());
            }
            node = folder.now.get(name.toString());
            if (node == null) {
                throw new NoSuchFileException(path.toString());
            }
        }
        return node;
    }

    private FolderNode folder(Path path) throws IOException {
        if (path != null && find(path) instanceof FolderNode folder) {
            return folder;
        }
        if (path == null || path.getNameCount() == 0) {
            return root;
        }
        throw new NotDirectoryException(path.toString());
    }

    private FileNode file(Path path) throws IOException {
        if (find(path) instanceof FileNode file) {
            return file;
        }
        throw new NoSuchFileException(path.toString());
    }

    @Override
    public synchronized List<String> list(Path path) throws IOException {
        dark();
        return List.copyOf(folder(path).now.keySet());
    }

    private void dark() throws IOException {
        if (failWith == null) {
            check();
        }
    }

    @Override
    public synchronized boolean exists(Path path) throws IOException {
        dark();
        try {
            find(path);
            return true;
        } catch (NoSuchFileException | NotDirectoryException gone) {
            return false;
        }
    }

    @Override
    public synchronized void createFolder(Path path) throws IOException {
        change();
        FolderNode at = root;
        for (Path name : path) {
            String key = name.toString();
            Node next = at.now.get(key);
            if (next == null) {
                FolderNode created = new FolderNode();
                at.apply(entries -> entries.put(key, created));
                next = created;
            }
            if (!(next instanceof FolderNode folder)) {
                throw new FileAlreadyExistsException(path.toString());
            }
            at = folder;
        }
    }

    @Override
    public synchronized Output create(Path path) throws IOException {
        change();
        FolderNode folder = folder(path.getParent());
        String name = path.getFileName().toString();
        if (folder.now.containsKey(name)) {
            throw new FileAlreadyExistsException(path.toString());
        }
        FileNode file = new FileNode();
        folder.apply(entries -> entries.put(name, file));
        return new Output() {
            @Override
            public void write(ByteBuffer bytes) throws IOException {
                synchronized (SimulatedDisk.this) {
                    calls++;
                    if (calls == cutAt && failWith == null) { // some of it gets through
                        append(file, bytes.slice(0, random.nextInt(bytes.remaining() + 1)));
                    }
                    check();
                    append(file, bytes);
                }
            }

            @Override
            public void sync() throws IOException {
                synchronized (SimulatedDisk.this) {
                    change();
                    file.synced = file.now;
                }
            }

            @Override
            public void close() {}
        };
    }

    private static void append(FileNode file, ByteBuffer bytes) {
        int old = file.now.length;
        file.now = Arrays.copyOf(file.now, old + bytes.remaining());
        bytes.get(file.now, old, bytes.remaining());
    }

    @Override
    public synchronized Input open(Path path) throws IOException {
        dark();
        FileNode file = file(path);
        return new Input() {
            @Override
            public long bytes() {
                return file.now.length;
            }

            @Override
            public void read(ByteBuffer into, long position) throws IOException {
                int length = into.remaining();
                if (position + length > file.now.length) {
                    throw new EOFException(path + " ends at byte " + file.now.length);
                }
                into.put(file.now, (int) position, length);
            }

            @Override
            public void close() {}
        };
    }

    @Override
    public synchronized void syncFolder(Path path) throws IOException {
        change();
        FolderNode folder = folder(path);
        folder.synced.clear();
        folder.synced.putAll(folder.now);
        folder.changes.clear();
    }

    @Override
    public synchronized void move(Path from, Path to) throws IOException {
        change();
        FolderNode folder = folder(from.getParent());
        String old = from.getFileName().toString();
        String name = to.getFileName().toString();
        if (!from.getParent().equals(to.getParent())) {
            throw new IOException("not simulated: a move between folders");
        }
        if (!folder.now.containsKey(old)) {
            throw new NoSuchFileException(from.toString());
        }
        if (folder.now.containsKey(name)) {
            throw new FileAlreadyExistsException(to.toString());
        }
        folder.apply(entries -> {
            Node node = entries.remove(old);
            if (node != null) {
                entries.put(name, node);
            }
        });
    }

    @Override
    public synchronized boolean link(Path existing, Path path) throws IOException {
        change();
        Action action = beforeLink;
        beforeLink = () -> {};
        action.run();
        FileNode file = file(existing);
        if (!links) {
            return false;
        }
        String name = path.getFileName().toString();
        folder(path.getParent()).apply(entries -> entries.put(name, file));
        return true;
    }

    @Override
    public synchronized void delete(Path path) throws IOException {
        change();
        FolderNode folder = folder(path.getParent());
        String name = path.getFileName().toString();
        if (folder.now.get(name) instanceof FolderNode inner && !inner.now.isEmpty()) {
            throw new DirectoryNotEmptyException(path.toString());
        }
        folder.apply(entries -> entries.remove(name));
    }

    @Override
    public synchronized Optional<Closeable> createLocked(Path path) throws IOException {
        create(path).close();
        return lock(path);
    }

    @Override
    public synchronized Optional<Closeable> lock(Path path) throws IOException {
        file(path);
        if (!locks.add(path.toString())) {
            return Optional.empty();
        }
        return Optional.of(() -> {
            synchronized (this) {
                locks.remove(path.toString());
            }
        });
    }

    @Override
    public synchronized long free(Path folder) {
        return free;
    }

    /// Replaces a file's contents behind everyone's back.
    synchronized void overwrite(Path path, byte[] bytes) throws IOException {
        FileNode file = file(path);
        file.now = bytes;
        file.synced = bytes;
    }

    synchronized byte[] contents(Path path) throws IOException {
        return file(path).now;
    }

    synchronized void remove(Path path) throws IOException {
        FolderNode folder = folder(path.getParent());
        folder.now.remove(path.getFileName().toString());
        folder.synced.remove(path.getFileName().toString());
    }
}
