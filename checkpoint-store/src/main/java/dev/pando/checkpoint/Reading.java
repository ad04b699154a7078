package dev.pando.checkpoint;

import dev.pando.checkpoint.format.Dtype;
import dev.pando.checkpoint.format.HashingPool;
import dev.pando.checkpoint.format.Manifest;
import dev.pando.checkpoint.format.ManifestFormat;
import dev.pando.checkpoint.format.PackedRange;
import dev.pando.checkpoint.format.Safetensors;
import dev.pando.checkpoint.format.TensorPart;
import dev.pando.checkpoint.io.CorruptCheckpointException;
import dev.pando.checkpoint.io.Disk;
import dev.pando.checkpoint.io.Sha256;
import dev.pando.checkpoint.io.UnknownFormatException;
import dev.pando.checkpoint.storage.Storage;
import dev.pando.checkpoint.storage.StorageErrors;
import java.io.Closeable;
import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;

/// One checkpoint, opened: checks its bytes, and hands out only bytes that are as they were written.
final class Reading implements Closeable {
    private static final long MAX_MANIFEST = 1L << 30;

    private final HashingPool workers;
    private final Manifest manifest;
    private final long runBytes;
    private final Map<String, Disk.Input> files = new HashMap<>();

    private Reading(HashingPool workers, Manifest manifest, long runBytes) {
        this.workers = workers;
        this.manifest = manifest;
        this.runBytes = runBytes;
    }

    /// A piece of a tensor as it lies in a file.
    record Stored(String tensor, Dtype dtype, Manifest.Piece piece) {}

    static Manifest manifest(Storage storage, String checkpoint)
            throws IOException, CorruptCheckpointException, UnknownFormatException {
        try (Disk.Input file = storage.open(checkpoint, Manifest.FILE)) {
            long bytes = file.bytes();
            if (bytes > MAX_MANIFEST) {
                throw new CorruptCheckpointException(
                        "its manifest has the impossible size of " + StorageErrors.size(bytes));
            }
            ByteBuffer text = ByteBuffer.allocate((int) bytes);
            file.read(text, 0);
            return ManifestFormat.decode(text.array());
        } catch (NoSuchFileException | FileNotFoundException gone) {
            throw new CorruptCheckpointException("its manifest is missing");
        } catch (EOFException cut) {
            throw new CorruptCheckpointException("its manifest is cut short");
        }
    }

    /// Opens all files; a missing or cut file is found here.
    static Reading open(Storage storage, HashingPool workers, String checkpoint, Manifest manifest)
            throws IOException, CorruptCheckpointException {
        return open(
                storage,
                workers,
                checkpoint,
                manifest,
                manifest.files().stream().map(Manifest.ShardFile::name).toList());
    }

    /// Opens some files.
    static Reading open(
            Storage storage, HashingPool workers, String checkpoint, Manifest manifest, Collection<String> names)
            throws IOException, CorruptCheckpointException {
        Reading reading = new Reading(workers, manifest, storage.runBytes());
        Set<String> wanted = Set.copyOf(names);
        try {
            for (Manifest.ShardFile file : manifest.files()) {
                if (wanted.contains(file.name())) {
                    reading.open(storage, checkpoint, file);
                }
            }
            return reading;
        } catch (IOException | CorruptCheckpointException | RuntimeException failed) {
            reading.close();
            throw failed;
        }
    }

    private void open(Storage storage, String checkpoint, Manifest.ShardFile file)
            throws IOException, CorruptCheckpointException {
        try {
            Disk.Input input = storage.open(checkpoint, file.name());
            files.put(file.name(), input);
            if (input.bytes() != file.bytes()) {
                throw new CorruptCheckpointException(
                        file.name() + " has " + input.bytes() + " bytes, not " + file.bytes());
            }
        } catch (NoSuchFileException | FileNotFoundException gone) {
            throw new CorruptCheckpointException(file.name() + " is missing");
        }
    }

    /// Opens the files in which the parts lie.
    static Reading openFor(
            Storage storage, HashingPool workers, String checkpoint, Manifest manifest, List<TensorPart> parts)
            throws IOException, CorruptCheckpointException {
        Map<String, List<TensorPart>> asked = byTensor(parts);
        Set<String> names = new HashSet<>();
        for (Manifest.Tensor tensor : manifest.tensors()) {
            List<TensorPart> own = asked.getOrDefault(tensor.name(), List.of());
            for (Manifest.Piece piece : tensor.pieces()) {
                if (own.stream().anyMatch(part -> part.slice().touches(piece.slice()))) {
                    names.add(piece.file());
                }
            }
        }
        return open(storage, workers, checkpoint, manifest, names);
    }

    private static Map<String, List<TensorPart>> byTensor(List<TensorPart> parts) {
        Map<String, List<TensorPart>> byTensor = new HashMap<>();
        for (TensorPart part : parts) {
            byTensor.computeIfAbsent(part.name(), _ -> new ArrayList<>()).add(part);
        }
        return byTensor;
    }

    /// Reads every byte and compares it with its checksum.
    void verify() throws IOException, CorruptCheckpointException {
        List<Stored> pieces = new ArrayList<>();
        for (Manifest.Tensor tensor : manifest.tensors()) {
            tensor.pieces().forEach(piece -> pieces.add(new Stored(tensor.name(), tensor.dtype(), piece)));
        }
        verify(pieces);
    }

    /// Reads some pieces, and the headers of all open files, and compares them with their checksums.
    void verify(List<Stored> pieces) throws IOException, CorruptCheckpointException {
        List<Callable<Void>> tasks = new ArrayList<>();
        for (Manifest.ShardFile file : manifest.files()) {
            if (files.containsKey(file.name())) {
                tasks.add(() -> {
                    verifyFrame(file);
                    return null;
                });
            }
        }
        pieces.forEach(piece -> addChecks(piece, tasks));
        long bytes = pieces.stream().mapToLong(stored -> stored.piece.bytes(stored.dtype)).sum();
        workers.all(tasks, !workers.pays(bytes));
    }

    private void addChecks(Stored stored, List<Callable<Void>> tasks) {
        for (int chunk = 0; chunk < stored.piece.chunks().size(); chunk++) {
            int number = chunk;
            tasks.add(() -> {
                read(stored, number, workers.scratch(chunkBytes(stored, number)));
                return null;
            });
        }
    }

    private void verifyFrame(Manifest.ShardFile file) throws IOException, CorruptCheckpointException {
        ByteBuffer header = ByteBuffer.allocate((int) file.headerBytes());
        read(file.name(), header, 0);
        if (!Sha256.hex(header.array(), 0, header.capacity()).equals(file.headerSha256())) {
            throw new CorruptCheckpointException("the header of " + file.name() + " is not as it was written");
        }
        for (Manifest.Filler filler : file.fillers()) {
            ByteBuffer zeros = ByteBuffer.allocate(filler.bytes());
            read(file.name(), zeros, filler.offset());
            if (!zeros.flip().equals(ByteBuffer.allocate(filler.bytes()))) {
                throw new CorruptCheckpointException(
                        file.name() + " is not as it was written at byte " + filler.offset());
            }
        }
    }

    /// A chunk that holds something of parts.
    ///
    /// @param takers of them, one at least
    private record Wanted(
            Stored stored, int chunk, long bytes, long offset, PackedRange range, List<TensorPart> takers) {
        String file() {
            return stored.piece.file();
        }
    }

    /// Fills parts from the tensors of the same names, which the caller has matched. Reads each chunk that holds
    /// something of theirs once, and no others; beside the parts it needs one chunk of memory a thread.
    void load(List<TensorPart> parts) throws IOException, CorruptCheckpointException {
        Map<String, List<TensorPart>> asked = byTensor(parts);
        List<Wanted> wanted = new ArrayList<>();
        for (Manifest.Tensor tensor : manifest.tensors()) {
            List<TensorPart> own = asked.getOrDefault(tensor.name(), List.of());
            for (Manifest.Piece piece : own.isEmpty() ? List.<Manifest.Piece>of() : tensor.pieces()) {
                addWanted(new Stored(tensor.name(), tensor.dtype(), piece), own, wanted);
            }
        }
        List<Callable<Void>> tasks = new ArrayList<>();
        for (List<Wanted> run : runs(wanted)) {
            tasks.add(() -> {
                read(run);
                return null;
            });
        }
        long bytes = parts.stream().mapToLong(part -> part.data().byteSize()).sum();
        boolean shared = workers.pays(bytes) && parts.stream().allMatch(part -> HashingPool.canShare(part.data()));
        workers.all(tasks, !shared);
    }

    private void addWanted(Stored stored, List<TensorPart> parts, List<Wanted> wanted) {
        for (int chunk = 0; chunk < stored.piece.chunks().size(); chunk++) {
            long before = (long) chunk * manifest.chunkBytes();
            long bytes = chunkBytes(stored, chunk);
            int width = stored.dtype.bytes();
            PackedRange range = new PackedRange(stored.piece.slice(), before / width, (before + bytes) / width);
            List<TensorPart> takers = parts.stream().filter(part -> range.touches(part.slice())).toList();
            if (!takers.isEmpty()) {
                wanted.add(new Wanted(stored, chunk, bytes, stored.piece.offset() + before, range, takers));
            }
        }
    }

    /// What lies side by side in a file, as far as it is best asked for at once.
    private List<List<Wanted>> runs(List<Wanted> wanted) {
        List<Wanted> sorted = new ArrayList<>(wanted);
        sorted.sort(Comparator.comparing(Wanted::file).thenComparingLong(Wanted::offset));
        List<List<Wanted>> runs = new ArrayList<>();
        List<Wanted> run = new ArrayList<>();
        for (Wanted next : sorted) {
            if (!run.isEmpty() && !joins(run, next)) {
                runs.add(run);
                run = new ArrayList<>();
            }
            run.add(next);
        }
        if (!run.isEmpty()) {
            runs.add(run);
        }
        return runs;
    }

    /// Only what needs no room in between on its way to its part joins a run.
    private boolean joins(List<Wanted> run, Wanted next) {
        Wanted last = run.getLast();
        long gap = next.offset - last.offset - last.bytes;
        return next.file().equals(last.file())
                && gap >= 0
                && gap < Safetensors.ALIGNMENT
                && next.offset + next.bytes - run.getFirst().offset <= runBytes
                && place(last) != null
                && place(next) != null;
    }

    /// Where a chunk belongs as a whole, or null if it has to be taken apart.
    private static MemorySegment place(Wanted wanted) {
        TensorPart first = wanted.takers.getFirst();
        if (wanted.takers.size() > 1 || !first.data().isNative()) {
            return null;
        }
        long within = wanted.range.within(first.slice());
        int width = wanted.stored.dtype.bytes();
        return within < 0 ? null : first.data().asSlice(within * width, wanted.bytes);
    }

    private void read(List<Wanted> run) throws IOException, CorruptCheckpointException {
        if (run.size() == 1) {
            read(run.getFirst());
            return;
        }
        List<ByteBuffer> buffers = new ArrayList<>();
        long at = run.getFirst().offset;
        for (Wanted one : run) {
            if (one.offset > at) {
                buffers.add(ByteBuffer.allocate((int) (one.offset - at)));
            }
            buffers.add(place(one).asByteBuffer());
            at = one.offset + one.bytes;
        }
        String file = run.getFirst().file();
        try {
            files.get(file).read(buffers, run.getFirst().offset);
        } catch (EOFException cut) {
            throw new CorruptCheckpointException(file + " is cut short");
        }
        for (Wanted one : run) {
            check(one.stored, one.chunk, place(one));
        }
    }

    private void read(Wanted wanted) throws IOException, CorruptCheckpointException {
        int width = wanted.stored.dtype.bytes();
        MemorySegment place = place(wanted);
        if (place != null) {
            read(wanted.stored, wanted.chunk, place);
            return;
        }
        MemorySegment scratch = workers.scratch(wanted.bytes);
        read(wanted.stored, wanted.chunk, scratch);
        for (TensorPart taker : wanted.takers) {
            wanted.range.walk(
                    taker.slice(),
                    (inRange, inPart, length) ->
                            MemorySegment.copy(scratch, inRange * width, taker.data(), inPart * width, length * width));
        }
    }

    private long chunkBytes(Stored stored, int chunk) {
        long before = (long) chunk * manifest.chunkBytes();
        return Math.min(manifest.chunkBytes(), stored.piece.bytes(stored.dtype) - before);
    }

    /// Reads a chunk, then checks what has arrived.
    ///
    /// @param into native memory
    private void read(Stored stored, int chunk, MemorySegment into) throws IOException, CorruptCheckpointException {
        read(stored.piece.file(), into.asByteBuffer(), stored.piece.offset() + (long) chunk * manifest.chunkBytes());
        check(stored, chunk, into);
    }

    private void check(Stored stored, int chunk, MemorySegment arrived) throws CorruptCheckpointException {
        long offset = stored.piece.offset() + (long) chunk * manifest.chunkBytes();
        if (!Sha256.hex(arrived).equals(stored.piece.chunks().get(chunk))) {
            throw new CorruptCheckpointException(
                    "tensor "
                            + stored.tensor
                            + " is not as it was written ("
                            + stored.piece.file()
                            + ", bytes "
                            + offset
                            + " to "
                            + (offset + arrived.byteSize())
                            + ")");
        }
    }

    private void read(String file, ByteBuffer into, long position) throws IOException, CorruptCheckpointException {
        try {
            files.get(file).read(into, position);
        } catch (EOFException cut) {
            throw new CorruptCheckpointException(file + " is cut short");
        }
    }

    @Override
    public void close() throws IOException {
        IOException failure = null;
        for (Disk.Input file : files.values()) {
            try {
                file.close();
            } catch (IOException failed) {
                failure = failed;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}
