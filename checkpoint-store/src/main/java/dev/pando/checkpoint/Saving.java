package dev.pando.checkpoint;

import dev.pando.training.step.TrainerState;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.concurrent.Callable;

/// Writes one state: hashes it, lays it out, writes the files, publishes them.
final class Saving {
    private static final ByteBuffer ZEROS = ByteBuffer.allocateDirect(Safetensors.ALIGNMENT);
    /// What one write call is given: enough for the disk, and an interrupt is noticed in between.
    private static final long WINDOW = 8 << 20;

    private final Storage storage;
    private final Workers workers;
    private final CheckpointSettings settings;

    Saving(Storage storage, Workers workers, CheckpointSettings settings) {
        this.storage = storage;
        this.workers = workers;
        this.settings = settings;
    }

    /// A state that is hashed and laid out, and so has a name.
    record Prepared(Manifest manifest, List<ShardPlan.Shard> shards, String digest) {
        CheckpointName name(int copy) {
            return new CheckpointName(manifest.step(), digest, copy);
        }
    }

    Prepared prepare(String job, TrainerState state, SortedMap<String, String> attributes) throws IOException, Damaged {
        boolean here = !state.spans().stream().allMatch(span -> Workers.canShare(span.data()));
        List<Callable<String>> tasks = new ArrayList<>();
        for (TrainerState.Span span : state.spans()) {
            for (long at = 0; at < span.data().byteSize(); at += settings.chunkBytes()) {
                MemorySegment chunk =
                        span.data().asSlice(at, Math.min(settings.chunkBytes(), span.data().byteSize() - at));
                tasks.add(() -> Sha256.hex(chunk));
            }
        }
        List<String> sums = workers.all(tasks, here);
        List<ShardPlan.Source> sources = new ArrayList<>();
        int next = 0;
        for (TrainerState.Span span : state.spans()) {
            int count = Math.toIntExact(Math.ceilDiv(span.data().byteSize(), settings.chunkBytes()));
            sources.add(new ShardPlan.Source(
                    span.name(), Dtype.F32, span.shape(), span.data(), sums.subList(next, next + count)));
            next += count;
        }
        List<ShardPlan.Shard> shards = ShardPlan.of(sources, settings);
        Manifest manifest = new Manifest(
                job,
                state.step(),
                state.history(),
                attributes,
                settings.chunkBytes(),
                shards.stream().map(ShardPlan.Shard::file).toList(),
                ShardPlan.tensors(sources, shards));
        return new Prepared(manifest, shards, digest(manifest));
    }

    /// A hash over all that matters: not over where it lies.
    private static String digest(Manifest manifest) {
        StringBuilder text = new StringBuilder();
        text.append(manifest.job()).append('\n').append(manifest.step()).append('\n');
        text.append(manifest.history().sha256()).append('\n');
        manifest.attributes().forEach((key, value) -> text.append(key.length())
                .append(' ')
                .append(key)
                .append(' ')
                .append(value.length())
                .append(' ')
                .append(value)
                .append('\n'));
        for (Manifest.Tensor tensor : manifest.tensors()) {
            text.append(tensor.name()).append(' ').append(tensor.dtype()).append(tensor.shape());
            tensor.pieces().forEach(piece -> piece.chunks().forEach(text::append));
            text.append('\n');
        }
        byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
        return Sha256.hex(bytes, 0, bytes.length).substring(0, 12);
    }

    /// @return false if somebody else published one of this name meanwhile
    boolean write(Prepared prepared, String name) throws IOException {
        byte[] manifest = ManifestFormat.encode(prepared.manifest);
        long bytes = manifest.length;
        for (ShardPlan.Shard shard : prepared.shards) {
            bytes += shard.file().bytes();
        }
        try (Storage.Draft draft = storage.draft(name, bytes)) {
            for (ShardPlan.Shard shard : prepared.shards) {
                try (Disk.Output out = draft.create(shard.file().name())) {
                    write(shard, out);
                    out.sync();
                }
            }
            return draft.publish(ByteBuffer.wrap(manifest));
        }
    }

    private static void write(ShardPlan.Shard shard, Disk.Output out) throws IOException {
        out.write(ByteBuffer.wrap(shard.header()));
        long at = shard.header().length;
        for (ShardPlan.Part part : shard.parts()) {
            write(part.data(), out);
            at += part.item().bytes();
            int filler = (int) Safetensors.gap(at);
            if (filler > 0) {
                out.write(ZEROS.duplicate().limit(filler));
            }
            at += filler;
        }
    }

    private static void write(MemorySegment data, Disk.Output out) throws IOException {
        for (long at = 0; at < data.byteSize(); at += WINDOW) {
            MemorySegment window = data.asSlice(at, Math.min(WINDOW, data.byteSize() - at));
            if (window.isNative()) {
                out.write(window.asByteBuffer());
            } else {
                try (Arena arena = Arena.ofConfined()) { // an array of floats has no view as bytes
                    out.write(arena.allocate(window.byteSize()).copyFrom(window).asByteBuffer());
                }
            }
        }
    }
}
