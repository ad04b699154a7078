package dev.pando.data.near;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.data.document.InOrder;
import dev.pando.data.document.JsonLines;
import dev.pando.data.document.PipelineException;
import dev.pando.data.document.Troubles;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Removes near-duplicates: documents are looked at from the newest to the oldest, and one is removed if its shingles'
/// Jaccard similarity with those of one that is kept reaches the threshold.
///
/// MinHash finds the candidates and exact sets decide, so nothing is removed that is less alike. The rule names the
/// reason of each removal, and depends on the documents alone: not on their order, and on no union of groups. Per
/// document some 30 bytes lie in memory, and 8 for each distinct shingle on disk, beside the output.
public final class NearDuplicates {
    private static final int BATCH_CHARS = 1 << 20;
    private static final int HASH_BITS = 33; // of a band's hash, beside 31 bits of a document's number

    /// How many documents there were, and what became of them.
    ///
    /// @param exact removed ones that have the same shingles as the kept one
    public record Outcome(long documents, long kept, long removed, long exact) {}

    private record Signed(String id, String idJson, String age, long text, long[] bands, long[] shingles) {}

    private final double threshold;
    private final int threads;
    private final Troubles troubles;
    private long[] starts = new long[1024]; // of a document's shingles
    private int count;
    private int[] keptFor = new int[0];
    private double[] alike = new double[0];

    /// @param threshold of Jaccard similarity, above 0 and at most 1
    public NearDuplicates(double threshold, int threads, Troubles troubles) {
        if (!(threshold > 0 && threshold <= 1)) {
            throw new PipelineException("--threshold must be above 0 and at most 1, not " + threshold);
        }
        this.threshold = threshold;
        this.threads = threads;
        this.troubles = troubles;
    }

    /// Reads `in` twice; writes both files whole or not at all.
    public Outcome run(Path in, Path kept, Path removed) {
        Found found = find(List.of(in), kept.toAbsolutePath().getParent());
        try {
            return write(in, found, kept, removed);
        } catch (IOException e) {
            throw new PipelineException("near-duplicates of " + in + ": " + JsonLines.reason(e), e);
        }
    }

    /// Which documents resemble a kept one, by their numbers in the order of the files.
    public static final class Found {
        private final int[] keptFor;
        private final double[] alike;
        private final Map<Integer, JsonNode> names;
        private final int[] firsts;

        private Found(int[] keptFor, double[] alike, Map<Integer, JsonNode> names, int[] firsts) {
            this.keptFor = keptFor;
            this.alike = alike;
            this.names = names;
            this.firsts = firsts;
        }

        /// Number of a file's first document.
        public int first(int file) {
            return firsts[file];
        }

        /// Id of the kept document that one is removed for; empty if it is kept itself.
        public Optional<JsonNode> keptFor(int document) {
            return keptFor[document] < 0 ? Optional.empty() : Optional.of(names.get(keptFor[document]));
        }

        /// Jaccard similarity with that document.
        public double jaccard(int document) {
            return alike[document];
        }
    }

    /// Reads all files once; all objects without text are left out of the numbers.
    ///
    /// @param folder where it may write while it runs
    public Found find(List<Path> ins, Path folder) {
        Path work = null;
        try {
            Files.createDirectories(folder);
            work = Files.createTempDirectory(folder, ".dedup-");
            int[] firsts = new int[ins.size()];
            try (Columns columns = new Columns(work);
                    Arena arena = Arena.ofShared()) {
                NewestFirst ages = new NewestFirst(work);
                for (int file = 0; file < firsts.length; file++) {
                    firsts[file] = count;
                    sign(ins.get(file), columns, ages);
                }
                columns.ids.flush();
                decide(columns, ages.order(), arena);
            }
            return new Found(keptFor, alike, names(work.resolve("ids")), firsts);
        } catch (IOException e) {
            throw new PipelineException("near-duplicates of " + ins + ": " + JsonLines.reason(e), e);
        } finally {
            delete(work);
        }
    }

    /// What is known of all documents, on disk.
    private static final class Columns implements AutoCloseable {
        private final LongFile[] bands = new LongFile[Signature.BANDS];
        private final LongFile shingles;
        private final DataOutputStream ids;

        Columns(Path folder) throws IOException {
            for (int band = 0; band < bands.length; band++) {
                bands[band] = new LongFile(folder.resolve("band-" + band));
            }
            shingles = new LongFile(folder.resolve("shingles"));
            ids = new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(folder.resolve("ids"))));
        }

        @Override
        public void close() throws IOException {
            for (LongFile band : bands) {
                band.close();
            }
            shingles.close();
            ids.close();
        }
    }

    private void sign(Path in, Columns columns, NewestFirst ages) throws IOException {
        try (JsonLines.Reader reader = new JsonLines.Reader(in, troubles)) {
            InOrder.run(
                    threads,
                    () -> batch(reader, in),
                    NearDuplicates::signed,
                    batch -> {
                        try {
                            for (Signed document : batch) {
                                append(document, columns, ages);
                            }
                        } catch (IOException e) {
                            throw new PipelineException("near-duplicates: " + JsonLines.reason(e), e);
                        }
                    });
        }
    }

    private List<ObjectNode> batch(JsonLines.Reader reader, Path in) {
        List<ObjectNode> batch = new ArrayList<>();
        int chars = 0;
        while (chars < BATCH_CHARS) {
            Optional<ObjectNode> next = next(reader, in, troubles);
            if (next.isEmpty()) {
                break;
            }
            batch.add(next.get());
            chars += next.get().path("text").textValue().length() + 100;
        }
        return batch.isEmpty() ? null : batch;
    }

    /// The next object that has a text; it gets an id if it has none.
    private static Optional<ObjectNode> next(JsonLines.Reader reader, Path in, Troubles troubles) {
        while (true) {
            Optional<ObjectNode> next = reader.next();
            if (next.isEmpty() || next.get().path("text").isTextual()) {
                next.filter(object -> !object.path("id").isValueNode())
                        .ifPresent(object -> object.put("id", in.getFileName() + ":" + reader.line()));
                return next;
            }
            troubles.add("object without text", in + ":" + reader.line());
        }
    }

    private static List<Signed> signed(List<ObjectNode> batch) {
        Shingles shingles = new Shingles();
        Signature signature = new Signature();
        List<Signed> signed = new ArrayList<>();
        for (ObjectNode document : batch) {
            String text = document.path("text").textValue();
            long[] set = shingles.of(text);
            signed.add(
                    new Signed(
                            document.path("id").asText(),
                            document.path("id").toString(),
                            Age.of(document),
                            hash(text),
                            signature.bands(set),
                            set));
        }
        return signed;
    }

    private static long hash(String text) {
        long hash = text.length();
        for (int i = 0; i < text.length(); i++) {
            hash = hash * 0x5851f42d4c957f2dL + text.charAt(i);
        }
        return hash;
    }

    private void append(Signed document, Columns columns, NewestFirst ages) throws IOException {
        if (count + 1 >= starts.length) {
            starts = Arrays.copyOf(starts, 2 * starts.length);
        }
        ages.add(document.age, document.id, document.text);
        byte[] id = document.idJson.getBytes(StandardCharsets.UTF_8);
        columns.ids.writeInt(id.length);
        columns.ids.write(id);
        for (int band = 0; band < Signature.BANDS; band++) {
            // a document without a word has no shingle, and nothing is like it
            columns.bands[band].append(document.shingles.length == 0 ? 0 : document.bands[band]);
        }
        for (long shingle : document.shingles) {
            columns.shingles.append(shingle);
        }
        starts[++count] = columns.shingles.size();
    }

    private void decide(Columns columns, int[] order, Arena arena) throws IOException {
        MemorySegment[] bands = new MemorySegment[Signature.BANDS];
        for (int band = 0; band < bands.length; band++) {
            bands[band] = columns.bands[band].map(arena);
        }
        MemorySegment shingles = columns.shingles.map(arena);
        BitSet shared = new BitSet(count);
        for (MemorySegment band : bands) {
            markShared(band, shared);
        }
        keptFor = new int[count];
        Arrays.fill(keptFor, -1);
        alike = new double[count];
        BandIndex index = new BandIndex();
        int[] lookedAtFor = new int[count];
        Arrays.fill(lookedAtFor, -1);
        for (int document : order) {
            if (shared.get(document)) {
                decide(document, bands, shingles, index, lookedAtFor);
            }
        }
    }

    /// Marks the documents that share a band with another: few, and only these need a look.
    private void markShared(MemorySegment band, BitSet shared) {
        long[] packed = new long[count];
        long numbers = (1L << 64 - HASH_BITS) - 1;
        int found = 0;
        for (int i = 0; i < count; i++) {
            long hash = band.getAtIndex(LongFile.LONG, i);
            if (hash != 0) {
                packed[found++] = hash & ~numbers | i;
            }
        }
        Arrays.sort(packed, 0, found);
        for (int i = 1; i < found; i++) {
            if ((packed[i] & ~numbers) == (packed[i - 1] & ~numbers)) {
                shared.set((int) (packed[i] & numbers));
                shared.set((int) (packed[i - 1] & numbers));
            }
        }
    }

    private void decide(
            int document, MemorySegment[] bands, MemorySegment shingles, BandIndex index, int[] lookedAtFor) {
        long[] own = null;
        double most = 0;
        int best = -1;
        long size = starts[document + 1] - starts[document];
        for (MemorySegment band : bands) {
            long hash = band.getAtIndex(LongFile.LONG, document);
            for (int entry = index.first(hash); entry != 0 && most < 1; entry = index.after(entry)) {
                int other = index.document(entry);
                long otherSize = starts[other + 1] - starts[other];
                if (lookedAtFor[other] == document
                        || Math.min(size, otherSize) < threshold * Math.max(size, otherSize)) {
                    continue;
                }
                lookedAtFor[other] = document;
                own = own == null ? shingles(shingles, document) : own;
                double jaccard = Shingles.jaccard(own, shingles(shingles, other));
                if (jaccard >= threshold && jaccard > most) {
                    most = jaccard;
                    best = other;
                }
            }
        }
        if (best >= 0) {
            keptFor[document] = best;
            alike[document] = most;
        } else {
            for (MemorySegment band : bands) {
                index.add(band.getAtIndex(LongFile.LONG, document), document);
            }
        }
    }

    private long[] shingles(MemorySegment all, int document) {
        int size = (int) (starts[document + 1] - starts[document]);
        long[] own = new long[size];
        MemorySegment.copy(all, LongFile.LONG, starts[document] * Long.BYTES, own, 0, size);
        return own;
    }

    private Outcome write(Path in, Found found, Path kept, Path removed) throws IOException {
        Troubles told = new Troubles(); // what is broken was counted when it was read first
        long dropped = 0;
        long exact = 0;
        try (JsonLines.Reader reader = new JsonLines.Reader(in, told);
                JsonLines.Writer keptOut = new JsonLines.Writer(kept);
                JsonLines.Writer removedOut = new JsonLines.Writer(removed)) {
            for (int i = 0; i < count; i++) {
                Optional<ObjectNode> next = next(reader, in, told);
                if (next.isEmpty()) {
                    throw new PipelineException(in + " changed while it was read: run the step again");
                }
                if (keptFor[i] < 0) {
                    keptOut.write(next.get());
                } else {
                    dropped++;
                    exact += alike[i] == 1 ? 1 : 0;
                    next.get().set("kept", found.keptFor(i).orElseThrow());
                    removedOut.write(next.get().put("jaccard", alike[i]));
                }
            }
            keptOut.finish();
            removedOut.finish();
        }
        return new Outcome(count, count - dropped, dropped, exact);
    }

    /// Ids of the documents that others were removed for.
    private Map<Integer, JsonNode> names(Path idFile) throws IOException {
        BitSet wanted = new BitSet(count);
        for (int kept : keptFor) {
            if (kept >= 0) {
                wanted.set(kept);
            }
        }
        Map<Integer, JsonNode> names = new HashMap<>();
        try (DataInputStream ids = new DataInputStream(new BufferedInputStream(Files.newInputStream(idFile)))) {
            for (int i = 0; i < count; i++) {
                byte[] id = new byte[ids.readInt()];
                ids.readFully(id);
                if (wanted.get(i)) {
                    names.put(i, JsonLines.value(new String(id, StandardCharsets.UTF_8)));
                }
            }
        }
        return names;
    }

    private static void delete(Path folder) {
        if (folder == null) {
            return;
        }
        try (var files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new PipelineException("cannot delete " + folder + ": " + JsonLines.reason(e), e);
        }
    }
}
