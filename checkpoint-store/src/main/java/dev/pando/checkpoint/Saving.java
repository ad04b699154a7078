package dev.pando.checkpoint;

import dev.pando.checkpoint.format.CheckpointSettings;
import dev.pando.checkpoint.format.Dtype;
import dev.pando.checkpoint.format.HashingPool;
import dev.pando.checkpoint.format.Safetensors;
import dev.pando.checkpoint.format.ShardPlan;
import dev.pando.checkpoint.format.TensorPart;
import dev.pando.checkpoint.io.CorruptCheckpointException;
import dev.pando.checkpoint.io.Disk;
import dev.pando.checkpoint.io.RateLimiter;
import dev.pando.checkpoint.io.Sha256;
import dev.pando.checkpoint.storage.Storage;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;

/// Hashes what shall be written and writes it.
final class Saving {
    private static final ByteBuffer ZEROS = ByteBuffer.allocateDirect(Safetensors.ALIGNMENT);

    /// What one write call is given: enough for the disk, and an interrupt is noticed in between.
    private static final long WINDOW = 4 << 20;

    private final HashingPool workers;
    private final CheckpointSettings settings;
    private final RateLimiter pace;

    Saving(HashingPool workers, CheckpointSettings settings, RateLimiter pace) {
        this.workers = workers;
        this.settings = settings;
        this.pace = pace;
    }

    /// Cuts the parts to pieces that fit a file, with checksums.
    List<ShardPlan.Source> hash(List<TensorPart> parts) throws IOException, CorruptCheckpointException {
        boolean here = !parts.stream().allMatch(part -> HashingPool.canShare(part.data()));
        List<TensorPart> pieces = new ArrayList<>();
        for (TensorPart part : parts) {
            pieces.addAll(ShardPlan.cut(part, settings.fileBytes()));
        }
        List<Callable<String>> tasks = new ArrayList<>();
        for (TensorPart piece : pieces) {
            long bytes = piece.data().byteSize();
            for (long at = 0; at < bytes; at += settings.chunkBytes()) {
                MemorySegment chunk = piece.data().asSlice(at, Math.min(settings.chunkBytes(), bytes - at));
                tasks.add(() -> Sha256.hex(chunk));
            }
        }
        List<String> sums = workers.all(tasks, here);
        List<ShardPlan.Source> sources = new ArrayList<>();
        int next = 0;
        for (TensorPart piece : pieces) {
            int count = Math.toIntExact(Math.ceilDiv(piece.data().byteSize(), (long) settings.chunkBytes()));
            sources.add(
                    new ShardPlan.Source(
                            piece.name(),
                            Dtype.F32,
                            piece.shape(),
                            piece.slice(),
                            piece.data(),
                            List.copyOf(sums.subList(next, next + count))));
            next += count;
        }
        return sources;
    }

    void write(ShardPlan.Shard shard, Storage.Draft draft) throws IOException {
        try (Disk.Output out = draft.create(shard.file().name(), shard.file().bytes())) {
            out.write(ByteBuffer.wrap(shard.header()));
            long at = shard.header().length;
            for (ShardPlan.Source part : shard.parts()) {
                write(part.data(), out);
                at += part.bytes();
                int filler = (int) Safetensors.gap(at);
                if (filler > 0) {
                    out.write(ZEROS.duplicate().limit(filler));
                }
                at += filler;
            }
            out.sync();
        }
    }

    private void write(MemorySegment data, Disk.Output out) throws IOException {
        for (long at = 0; at < data.byteSize(); at += WINDOW) {
            MemorySegment window = data.asSlice(at, Math.min(WINDOW, data.byteSize() - at));
            pace.await(window.byteSize());
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
