package dev.pando.data.near;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/// Sorts documents by age, the newest first, in bounded memory: sorted runs on disk, then one merge.
///
/// Documents of one age are in the order of their ids; those of one id too, in the order of their texts' hashes. So the
/// order is one of the documents alone, not of the files that they came in.
final class NewestFirst {
    private static final int RUN = 250_000;
    private static final int LONGEST = 8_000; // characters of a key that count

    private record Key(String age, String id, long text, int ordinal) {}

    private static final Comparator<Key> ORDER =
            Comparator.comparing(Key::age)
                    .reversed()
                    .thenComparing(Key::id)
                    .thenComparingLong(Key::text)
                    .thenComparingInt(Key::ordinal);

    private final Path folder;
    private final List<Path> runs = new ArrayList<>();
    private List<Key> keys = new ArrayList<>();
    private int count;

    NewestFirst(Path folder) {
        this.folder = folder;
    }

    void add(String age, String id, long text) throws IOException {
        keys.add(new Key(cut(age), cut(id), text, count++));
        if (keys.size() == RUN) {
            spill();
        }
    }

    /// Numbers of the documents, in the order in which they were added, from the newest to the oldest.
    int[] order() throws IOException {
        int[] order = new int[count];
        if (runs.isEmpty()) {
            keys.sort(ORDER);
            for (int i = 0; i < count; i++) {
                order[i] = keys.get(i).ordinal();
            }
            return order;
        }
        spill();
        record Head(Key key, DataInputStream rest) {}
        PriorityQueue<Head> heads = new PriorityQueue<>(Comparator.comparing(Head::key, ORDER));
        List<DataInputStream> open = new ArrayList<>();
        try {
            for (Path run : runs) {
                DataInputStream in = new DataInputStream(new BufferedInputStream(Files.newInputStream(run)));
                open.add(in);
                heads.add(new Head(read(in), in));
            }
            for (int i = 0; i < count; i++) {
                Head head = heads.remove();
                order[i] = head.key.ordinal;
                Key next = read(head.rest);
                if (next != null) {
                    heads.add(new Head(next, head.rest));
                }
            }
        } finally {
            for (DataInputStream in : open) {
                in.close();
            }
        }
        return order;
    }

    private void spill() throws IOException {
        keys.sort(ORDER);
        Path run = folder.resolve("run-" + runs.size());
        runs.add(run);
        try (DataOutputStream out = new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(run)))) {
            for (Key key : keys) {
                out.writeUTF(key.age);
                out.writeUTF(key.id);
                out.writeLong(key.text);
                out.writeInt(key.ordinal);
            }
        }
        keys = new ArrayList<>();
    }

    private static Key read(DataInputStream in) throws IOException {
        try {
            return new Key(in.readUTF(), in.readUTF(), in.readLong(), in.readInt());
        } catch (EOFException end) {
            return null;
        }
    }

    private static String cut(String key) {
        return key.length() <= LONGEST ? key : key.substring(0, LONGEST);
    }
}
