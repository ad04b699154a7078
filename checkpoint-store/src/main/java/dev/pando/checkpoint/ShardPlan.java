package dev.pando.checkpoint;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/// Lays tensors out in files: in order, no file above its size, a tensor that is larger than a file cut over several.
///
/// A pure function of names, shapes, checksums and sizes, so equal states give equal files under equal names.
final class ShardPlan {
    private final CheckpointSettings settings;
    private final List<Shard> shards = new ArrayList<>();
    private List<Part> open = new ArrayList<>();
    private long openBytes;

    private ShardPlan(CheckpointSettings settings) {
        this.settings = settings;
    }

    /// A tensor with its checksums: what shall be written.
    record Source(String name, Dtype dtype, List<Long> shape, MemorySegment data, List<String> chunks) {}

    /// A range of a tensor in a file.
    ///
    /// @param item what the file's header says of it
    /// @param begin of its first byte in the tensor
    record Part(Source source, Safetensors.Item item, long begin, List<String> chunks) {
        MemorySegment data() {
            return source.data.asSlice(begin, item.bytes());
        }
    }

    /// One file: its header, then its parts, each followed by its filler.
    record Shard(Manifest.ShardFile file, byte[] header, List<Part> parts) {}

    static List<Shard> of(List<Source> sources, CheckpointSettings settings) {
        ShardPlan plan = new ShardPlan(settings);
        sources.forEach(plan::add);
        plan.finishFile();
        return plan.shards;
    }

    private void add(Source source) {
        long bytes = source.data.byteSize();
        long most = settings.fileBytes() / settings.chunkBytes() * settings.chunkBytes();
        if (bytes <= most) {
            place(new Part(source, new Safetensors.Item(source.name, source.dtype, source.shape), 0, source.chunks));
            return;
        }
        for (long begin = 0; begin < bytes; begin += most) {
            long end = Math.min(bytes, begin + most);
            long from = begin / source.dtype.bytes();
            long to = end / source.dtype.bytes();
            Safetensors.Item item = new Safetensors.Item(
                    source.name + "[" + from + ":" + to + "]", source.dtype, List.of(to - from));
            int firstChunk = Math.toIntExact(begin / settings.chunkBytes());
            int lastChunk = Math.toIntExact(Math.ceilDiv(end, settings.chunkBytes()));
            place(new Part(source, item, begin, source.chunks.subList(firstChunk, lastChunk)));
        }
    }

    private void place(Part part) {
        if (part.item.bytes() > 0 && openBytes + part.item.bytes() > settings.fileBytes()) {
            finishFile();
        }
        open.add(part);
        openBytes += part.item.bytes() + Safetensors.gap(part.item.bytes());
    }

    private void finishFile() {
        if (open.isEmpty()) {
            return;
        }
        byte[] header =
                Safetensors.encode(new TreeMap<>(), open.stream().map(Part::item).toList(), true);
        List<Manifest.Filler> fillers = new ArrayList<>();
        StringBuilder contents = new StringBuilder(Sha256.hex(header, 0, header.length));
        long at = header.length;
        for (Part part : open) {
            part.chunks.forEach(contents::append);
            at += part.item.bytes();
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

    /// The tensors' entries in the manifest, in the order given.
    static List<Manifest.Tensor> tensors(List<Source> sources, List<Shard> shards) {
        TreeMap<String, List<Manifest.Piece>> pieces = new TreeMap<>();
        sources.forEach(source -> pieces.put(source.name, new ArrayList<>()));
        for (Shard shard : shards) {
            long at = shard.header.length;
            for (Part part : shard.parts) {
                long bytes = part.item.bytes();
                if (bytes > 0) {
                    pieces.get(part.source.name)
                            .add(new Manifest.Piece(shard.file.name(), at, part.begin, bytes, part.chunks));
                }
                at += bytes;
                at += Safetensors.gap(at);
            }
        }
        return sources.stream()
                .map(source ->
                        new Manifest.Tensor(source.name, source.dtype, source.shape, pieces.get(source.name)))
                .toList();
    }
}
