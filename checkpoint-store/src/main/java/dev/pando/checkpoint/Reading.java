package dev.pando.checkpoint;

import dev.pando.training.step.CheckpointStore.CheckpointException;
import dev.pando.training.step.TrainerState;
import java.io.Closeable;
import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

/// One checkpoint, opened: checks its bytes, and hands out only bytes that are as they were written.
final class Reading implements Closeable {
    private static final long MAX_MANIFEST = 1L << 30;

    private final Workers workers;
    private final Manifest manifest;
    private final Map<String, Disk.Input> files = new HashMap<>();

    private Reading(Workers workers, Manifest manifest) {
        this.workers = workers;
        this.manifest = manifest;
    }

    static Manifest manifest(Storage storage, String checkpoint) throws IOException, Damaged, Foreign {
        try (Disk.Input file = storage.open(checkpoint, Storage.MANIFEST)) {
            long bytes = file.bytes();
            if (bytes > MAX_MANIFEST) {
                throw new Damaged("its manifest has the impossible size of " + Faults.size(bytes));
            }
            ByteBuffer text = ByteBuffer.allocate((int) bytes);
            file.read(text, 0);
            return ManifestFormat.decode(text.array());
        } catch (NoSuchFileException | FileNotFoundException gone) {
            throw new Damaged("its manifest is missing");
        } catch (EOFException cut) {
            throw new Damaged("its manifest is cut short");
        }
    }

    /// Opens all files; a missing or cut file is found here.
    static Reading open(Storage storage, Workers workers, String checkpoint, Manifest manifest)
            throws IOException, Damaged {
        Reading reading = new Reading(workers, manifest);
        try {
            for (Manifest.ShardFile file : manifest.files()) {
                Disk.Input input = storage.open(checkpoint, file.name());
                reading.files.put(file.name(), input);
                if (input.bytes() != file.bytes()) {
                    throw new Damaged(file.name() + " has " + input.bytes() + " bytes, not " + file.bytes());
                }
            }
            return reading;
        } catch (NoSuchFileException | FileNotFoundException gone) {
            reading.close();
            throw new Damaged("a file of its tensors is missing: " + gone.getMessage());
        } catch (IOException | Damaged | RuntimeException failed) {
            reading.close();
            throw failed;
        }
    }

    /// Reads every byte and compares it with its checksum.
    void verify() throws IOException, Damaged {
        List<Callable<Void>> tasks = new ArrayList<>();
        for (Manifest.ShardFile file : manifest.files()) {
            tasks.add(() -> {
                verifyFrame(file);
                return null;
            });
        }
        for (Manifest.Tensor tensor : manifest.tensors()) {
            for (Chunk chunk : chunks(tensor)) {
                tasks.add(() -> {
                    read(tensor, chunk, workers.scratch(chunk.bytes));
                    return null;
                });
            }
        }
        workers.all(tasks, false);
    }

    private void verifyFrame(Manifest.ShardFile file) throws IOException, Damaged {
        ByteBuffer header = ByteBuffer.allocate((int) file.headerBytes());
        read(file.name(), header, 0);
        if (!Sha256.hex(header.array(), 0, header.capacity()).equals(file.headerSha256())) {
            throw new Damaged("the header of " + file.name() + " is not as it was written");
        }
        for (Manifest.Filler filler : file.fillers()) {
            ByteBuffer zeros = ByteBuffer.allocate(filler.bytes());
            read(file.name(), zeros, filler.offset());
            if (!zeros.flip().equals(ByteBuffer.allocate(filler.bytes()))) {
                throw new Damaged(file.name() + " is not as it was written at byte " + filler.offset());
            }
        }
    }

    /// Fills the spans from the tensors of the same names, which the caller has matched.
    void load(List<TrainerState.Span> spans) throws IOException, Damaged {
        Map<String, Manifest.Tensor> tensors = new HashMap<>();
        manifest.tensors().forEach(tensor -> tensors.put(tensor.name(), tensor));
        boolean here = !spans.stream().allMatch(span -> Workers.canShare(span.data()));
        List<Callable<Void>> tasks = new ArrayList<>();
        for (TrainerState.Span span : spans) {
            Manifest.Tensor tensor = tensors.get(span.name());
            for (Chunk chunk : chunks(tensor)) {
                tasks.add(() -> {
                    read(tensor, chunk, span.data().asSlice(chunk.inTensor, chunk.bytes));
                    return null;
                });
            }
        }
        workers.all(tasks, here);
    }

    /// What one checksum covers.
    private record Chunk(String file, long offset, long inTensor, long bytes, String sha256) {}

    private List<Chunk> chunks(Manifest.Tensor tensor) {
        List<Chunk> chunks = new ArrayList<>();
        for (Manifest.Piece piece : tensor.pieces()) {
            long at = 0;
            for (String sum : piece.chunks()) {
                long bytes = Math.min(manifest.chunkBytes(), piece.bytes() - at);
                chunks.add(new Chunk(piece.file(), piece.offset() + at, piece.begin() + at, bytes, sum));
                at += bytes;
            }
        }
        return chunks;
    }

    /// Reads a chunk straight to where it belongs, then checks what has arrived there.
    private void read(Manifest.Tensor tensor, Chunk chunk, MemorySegment into) throws IOException, Damaged {
        if (into.isNative()) {
            read(chunk.file, into.asByteBuffer(), chunk.offset);
        } else {
            MemorySegment scratch = workers.scratch(chunk.bytes);
            read(chunk.file, scratch.asByteBuffer(), chunk.offset);
            into.copyFrom(scratch);
        }
        if (!Sha256.hex(into).equals(chunk.sha256)) {
            throw new Damaged("tensor " + tensor.name() + " is not as it was written (" + chunk.file + ", bytes "
                    + chunk.offset + " to " + (chunk.offset + chunk.bytes) + ")");
        }
    }

    private void read(String file, ByteBuffer into, long position) throws IOException, Damaged {
        try {
            files.get(file).read(into, position);
        } catch (EOFException cut) {
            throw new Damaged(file + " is cut short");
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

    /// Refuses a set of spans that is not exactly the checkpoint's set of tensors.
    ///
    /// @param subset whether tensors that no span asks for are fine
    static void match(String name, Manifest manifest, List<TrainerState.Span> spans, boolean subset) {
        Map<String, Manifest.Tensor> left = new java.util.LinkedHashMap<>();
        manifest.tensors().forEach(tensor -> left.put(tensor.name(), tensor));
        List<TrainerState.Span> missing = new ArrayList<>();
        for (TrainerState.Span span : spans) {
            Manifest.Tensor tensor = left.remove(span.name());
            if (tensor == null) {
                missing.add(span);
            } else if (!tensor.shape().equals(span.shape())) {
                throw new CheckpointException("tensor " + span.name() + " is " + Shapes.spoken(tensor.shape()) + " in "
                        + name + " and " + Shapes.spoken(span.shape()) + " in this model");
            } else if (tensor.dtype() != Dtype.F32) {
                throw new CheckpointException(
                        "tensor " + span.name() + " is " + tensor.dtype() + " in " + name + " and F32 in this model");
            }
        }
        if (!missing.isEmpty()) {
            throw new CheckpointException(missingSentence(name, missing, left.values()));
        }
        if (!subset && !left.isEmpty()) {
            throw new CheckpointException(name + " holds tensor " + left.keySet().iterator().next()
                    + andMore(left.size() - 1) + ", which this model does not have");
        }
    }

    private static String missingSentence(
            String name, List<TrainerState.Span> missing, java.util.Collection<Manifest.Tensor> left) {
        TrainerState.Span first = missing.getFirst();
        String renamed = left.stream()
                .filter(tensor -> tensor.shape().equals(first.shape()))
                .findFirst()
                .map(tensor -> "; it has " + tensor.name() + " of the same shape, which this model does not have")
                .orElse("");
        return name + " lacks tensor " + first.name() + andMore(missing.size() - 1) + renamed;
    }

    private static String andMore(int others) {
        return others == 0 ? "" : others == 1 ? " and one more" : " and " + others + " more";
    }
}
