package dev.pando.checkpoint;

import dev.pando.checkpoint.format.CheckpointSettings;
import dev.pando.checkpoint.format.Dtype;
import dev.pando.checkpoint.format.Manifest;
import dev.pando.checkpoint.format.Shapes;
import dev.pando.checkpoint.format.ShardPlan;
import dev.pando.checkpoint.format.Slice;
import dev.pando.checkpoint.io.Sha256;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/// What one writer brings to a checkpoint: files to write, files of an earlier checkpoint to take over, and what lies
/// where.
///
/// @param shards to write
/// @param adopted files to take over, and from which checkpoint
/// @param files all of them, as the manifest names them
/// @param placed every part, in the order given
record Composition(
        List<ShardPlan.Shard> shards,
        Map<String, String> adopted,
        List<Manifest.ShardFile> files,
        List<Placed> placed) {

    /// One part and where it lies; the piece is null where there is no byte.
    record Placed(String name, Dtype dtype, List<Long> shape, Manifest.Piece piece) {}

    /// @param reuse where equal bytes lie already
    static Composition of(List<ShardPlan.Source> sources, Reuse reuse, CheckpointSettings settings) {
        IdentityHashMap<ShardPlan.Source, Reuse.Found> found = reuse.find(sources);
        List<ShardPlan.Source> fresh =
                sources.stream().filter(source -> source.bytes() > 0 && !found.containsKey(source)).toList();
        List<ShardPlan.Shard> shards = ShardPlan.of(fresh, settings);
        IdentityHashMap<ShardPlan.Source, Manifest.Piece> places = ShardPlan.places(shards);
        Map<String, Manifest.ShardFile> files = new LinkedHashMap<>();
        shards.forEach(shard -> files.put(shard.file().name(), shard.file()));
        Map<String, String> adopted = new TreeMap<>();
        List<Placed> placed = new ArrayList<>();
        for (ShardPlan.Source source : sources) {
            Manifest.Piece piece = places.get(source);
            Reuse.Found old = found.get(source);
            if (old != null) {
                piece = new Manifest.Piece(old.file().name(), old.offset(), source.slice(), source.chunks());
                adopted.put(old.file().name(), old.checkpoint());
                files.put(old.file().name(), old.file());
            }
            placed.add(new Placed(source.name(), source.dtype(), source.shape(), piece));
        }
        return new Composition(shards, adopted, List.copyOf(files.values()), placed);
    }

    /// Bytes that are written, not taken over.
    long freshBytes() {
        return shards.stream().mapToLong(shard -> shard.file().bytes()).sum();
    }

    /// The tensors that all parts make up, in the order in which they first appear.
    ///
    /// Parts that several writers brought in the same cut count once.
    ///
    /// @throws IllegalArgumentException naming a tensor that has holes, overlaps, or two opinions of its shape
    static List<Manifest.Tensor> tensors(List<Placed> parts) {
        Map<String, Placed> first = new LinkedHashMap<>();
        Map<String, Map<Slice, Manifest.Piece>> pieces = new HashMap<>();
        for (Placed part : parts) {
            Placed known = first.putIfAbsent(part.name, part);
            if (known != null && (!known.shape.equals(part.shape) || known.dtype != part.dtype)) {
                throw new IllegalArgumentException(
                        "tensor "
                                + part.name
                                + " is "
                                + Shapes.spoken(known.shape)
                                + " for one writer and "
                                + Shapes.spoken(part.shape)
                                + " for another");
            }
            Map<Slice, Manifest.Piece> own = pieces.computeIfAbsent(part.name, _ -> new LinkedHashMap<>());
            if (part.piece != null) {
                Manifest.Piece twin = own.putIfAbsent(part.piece.slice(), part.piece);
                if (twin != null && !twin.chunks().equals(part.piece.chunks())) {
                    throw new IllegalArgumentException(
                            "two writers differ in what tensor " + part.name + part.piece.slice().spoken() + " holds");
                }
            }
        }
        return first.values().stream()
                .map(part ->
                        new Manifest.Tensor(
                                part.name, part.dtype, part.shape, List.copyOf(pieces.get(part.name).values())))
                .toList();
    }

    /// The files that the tensors lie in; others are not worth naming.
    static List<Manifest.ShardFile> used(List<Manifest.ShardFile> files, List<Manifest.Tensor> tensors) {
        Set<String> used = new HashSet<>();
        tensors.forEach(tensor -> tensor.pieces().forEach(piece -> used.add(piece.file())));
        Map<String, Manifest.ShardFile> byName = new LinkedHashMap<>();
        files.stream().filter(file -> used.contains(file.name())).forEach(file -> byName.put(file.name(), file));
        return List.copyOf(byName.values());
    }

    /// A hash over all that a checkpoint says, and not over where it lies: 12 hexadecimal digits.
    static String digest(Manifest manifest) {
        StringBuilder text = new StringBuilder();
        text.append(manifest.job()).append('\n').append(manifest.step()).append('\n');
        text.append(manifest.history().sha256()).append('\n');
        manifest.attributes()
                .forEach((key, value) -> {
                    quote(text, key);
                    quote(text, value);
                });
        for (Manifest.Tensor tensor : manifest.tensors()) {
            quote(text, tensor.name());
            text.append(tensor.dtype()).append(tensor.shape());
            for (Manifest.Piece piece : tensor.pieces()) {
                text.append(piece.slice().spoken());
                piece.chunks().forEach(text::append);
            }
            text.append('\n');
        }
        byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
        return Sha256.hex(bytes, 0, bytes.length).substring(0, 12);
    }

    private static void quote(StringBuilder text, String word) {
        text.append(word.length()).append(' ').append(word).append('\n');
    }
}
