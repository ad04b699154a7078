package dev.pando.checkpoint.format;

import dev.pando.checkpoint.io.Sha256;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.TreeMap;

/// Lays parts of tensors out in files: in order, no file above its size.
///
/// A pure function of names, shapes, checksums and sizes, so equal states give equal files under equal names.
public final class ShardPlan {
    private final CheckpointSettings settings;
    private final List<Shard> shards = new ArrayList<>();
    private List<Source> open = new ArrayList<>();
    private long openBytes;

    private ShardPlan(CheckpointSettings settings) {
        this.settings = settings;
    }

    /// A packed slice of a tensor, not larger than a file, with its checksums.
    ///
    /// @param shape of the whole tensor
    public record Source(
            String name, Dtype dtype, List<Long> shape, Slice slice, MemorySegment data, List<String> chunks) {
        /// What the file's header says of it.
        Safetensors.Item item() {
            if (slice.equals(Slice.whole(shape))) {
                return new Safetensors.Item(name, dtype, shape);
            }
            List<Long> packed = slice.count() == 1 ? List.of(slice.run()) : List.of(slice.count(), slice.run());
            return new Safetensors.Item(name + slice.spoken(), dtype, packed);
        }

        public long bytes() {
            return slice.elements() * dtype.bytes();
        }
    }

    /// One file: its header, then its parts, each followed by its filler.
    public record Shard(Manifest.ShardFile file, byte[] header, List<Source> parts) {}

    public static List<Shard> of(List<Source> sources, CheckpointSettings settings) {
        ShardPlan plan = new ShardPlan(settings);
        sources.forEach(plan::place);
        plan.finishFile();
        return plan.shards;
    }

    /// Cuts a part that is larger than a file: a range into ranges, runs between runs where they are not too long.
    public static List<TensorPart> cut(TensorPart part, long fileBytes) {
        Slice slice = part.slice();
        long most = Math.max(1, fileBytes / Float.BYTES);
        if (slice.elements() <= most) {
            return List.of(part);
        }
        List<TensorPart> parts = new ArrayList<>();
        long packed = 0;
        for (Slice piece : cut(slice, most)) {
            MemorySegment data = part.data().asSlice(packed * Float.BYTES, piece.elements() * Float.BYTES);
            parts.add(new TensorPart(part.name(), part.shape(), piece, data));
            packed += piece.elements();
        }
        return parts;
    }

    /// Cuts a slice into slices of at most `most` elements that follow each other in the packed slice.
    public static List<Slice> cut(Slice slice, long most) {
        if (slice.elements() <= most) {
            return List.of(slice);
        }
        List<Slice> pieces = new ArrayList<>();
        if (slice.count() > 1 && slice.run() <= most) {
            long runs = most / slice.run();
            for (long at = 0; at < slice.count(); at += runs) {
                pieces.add(slice.runs(at, Math.min(slice.count(), at + runs)));
            }
            return pieces;
        }
        for (long at = 0; at < slice.count(); at++) {
            long begin = slice.start() + at * slice.stride();
            for (long from = begin; from < begin + slice.run(); from += most) {
                pieces.add(Slice.range(from, Math.min(begin + slice.run(), from + most)));
            }
        }
        return pieces;
    }

    private void place(Source part) {
        if (part.bytes() > 0 && openBytes + part.bytes() > settings.fileBytes()) {
            finishFile();
        }
        open.add(part);
        openBytes += part.bytes() + Safetensors.gap(part.bytes());
    }

    private void finishFile() {
        if (open.isEmpty()) {
            return;
        }
        byte[] header = Safetensors.encode(new TreeMap<>(), open.stream().map(Source::item).toList(), true);
        List<Manifest.Filler> fillers = new ArrayList<>();
        StringBuilder contents = new StringBuilder(Sha256.hex(header, 0, header.length));
        long at = header.length;
        for (Source part : open) {
            part.chunks.forEach(contents::append);
            at += part.bytes();
            int filler = (int) Safetensors.gap(at);
            if (filler > 0) {
                fillers.add(new Manifest.Filler(at, filler));
            }
            at += filler;
        }
        byte[] text = contents.toString().getBytes(StandardCharsets.US_ASCII);
        String name = "tensors-" + Sha256.hex(text, 0, text.length).substring(0, 16) + ".safetensors";
        Manifest.ShardFile file =
                new Manifest.ShardFile(name, at, header.length, Sha256.hex(header, 0, header.length), fillers);
        shards.add(new Shard(file, header, open));
        open = new ArrayList<>();
        openBytes = 0;
    }

    /// Where each source came to lie, in the order given; nothing for those without a byte.
    public static IdentityHashMap<Source, Manifest.Piece> places(List<Shard> shards) {
        IdentityHashMap<Source, Manifest.Piece> places = new IdentityHashMap<>();
        for (Shard shard : shards) {
            long at = shard.header.length;
            for (Source part : shard.parts) {
                if (part.bytes() > 0) {
                    places.put(part, new Manifest.Piece(shard.file.name(), at, part.slice, part.chunks));
                }
                at += part.bytes();
                at += Safetensors.gap(at);
            }
        }
        return places;
    }
}
