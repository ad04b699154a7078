package dev.pando.checkpoint;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/// What a power cut leaves of the folders and files of a [SimulatedDisk]: all that was synced, and of the rest what
/// fate says.
final class Survivors {
    sealed interface Node {}

    static final class FileNode implements Node {
        byte[] now = {};
        byte[] synced = {};
    }

    static final class FolderNode implements Node {
        final TreeMap<String, Node> now = new TreeMap<>();
        final TreeMap<String, Node> synced = new TreeMap<>();
        final List<Change> changes = new ArrayList<>();

        void apply(Change change) {
            change.on(now);
            changes.add(change);
        }
    }

    /// What one call does to one folder's entries, all of it or nothing.
    interface Change {
        void on(TreeMap<String, Node> entries);
    }

    enum Unsynced {
        LOST,
        KEPT,
        RANDOM
    }

    private final Unsynced fate;
    private final Random random;
    private final Map<Node, Node> done = new HashMap<>();

    Survivors(Unsynced fate, Random random) {
        this.fate = fate;
        this.random = random;
    }

    FolderNode of(FolderNode root) {
        return (FolderNode) survivor(root);
    }

    /// A file may have several names.
    private Node survivor(Node node) {
        if (done.containsKey(node)) {
            return done.get(node);
        }
        switch (node) {
            case FileNode file -> {
                FileNode after = new FileNode();
                done.put(node, after);
                after.now = contents(file);
                after.synced = after.now;
                return after;
            }
            case FolderNode folder -> {
                FolderNode after = new FolderNode();
                done.put(node, after);
                TreeMap<String, Node> entries = new TreeMap<>(folder.synced);
                for (Change change : folder.changes) {
                    if (fate == Unsynced.KEPT || fate == Unsynced.RANDOM && random.nextBoolean()) {
                        change.on(entries);
                    }
                }
                entries.forEach((name, entry) -> after.now.put(name, survivor(entry)));
                after.synced.putAll(after.now);
                return after;
            }
        }
    }

    private byte[] contents(FileNode file) {
        return switch (fate) {
            case LOST -> file.synced;
            case KEPT -> file.now;
            case RANDOM -> {
                if (Arrays.equals(file.now, file.synced)) {
                    yield file.now;
                }
                // the length may be on disk before the bytes: what was not written then reads as zeros
                byte[] some = Arrays.copyOf(file.now, random.nextInt(file.now.length + 1));
                int zeroed = random.nextInt(some.length + 1);
                Arrays.fill(some, Math.max(zeroed, Math.min(file.synced.length, some.length)), some.length, (byte) 0);
                yield some;
            }
        };
    }
}
