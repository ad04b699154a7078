package dev.pando.checkpoint;

import dev.pando.checkpoint.format.Dtype;
import dev.pando.checkpoint.format.HashingPool;
import dev.pando.checkpoint.format.Manifest;
import dev.pando.checkpoint.format.ShardPlan;
import dev.pando.checkpoint.format.Slice;
import dev.pando.checkpoint.io.CorruptCheckpointException;
import dev.pando.checkpoint.storage.Storage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Finds what an earlier checkpoint holds already, by content: what did not change is not written again.
///
/// A file is taken over as a whole, so it is taken only while at least half of it is still of use, and only after what
/// is of use in it was read back: a checkpoint must not inherit damage when its bits are at hand in memory.
final class Reuse {
    static final Reuse NONE = new Reuse(null, null, Map.of());

    private final Storage storage;
    private final HashingPool workers;
    private final Map<List<Object>, Found> known;

    private Reuse(Storage storage, HashingPool workers, Map<List<Object>, Found> known) {
        this.storage = storage;
        this.workers = workers;
        this.known = known;
    }

    /// Where a piece lies.
    record Found(String checkpoint, Manifest manifest, Manifest.ShardFile file, long offset) {}

    /// @param checkpoint whose pieces may be taken over
    static Reuse of(Storage storage, HashingPool workers, String checkpoint, Manifest manifest, int chunkBytes) {
        if (manifest.chunkBytes() != chunkBytes) {
            return NONE;
        }
        Map<String, Manifest.ShardFile> files = new HashMap<>();
        manifest.files().forEach(file -> files.put(file.name(), file));
        Map<List<Object>, Found> known = new HashMap<>();
        for (Manifest.Tensor tensor : manifest.tensors()) {
            for (Manifest.Piece piece : tensor.pieces()) {
                known.putIfAbsent(
                        key(tensor.dtype(), piece.slice(), piece.chunks()),
                        new Found(checkpoint, manifest, files.get(piece.file()), piece.offset()));
            }
        }
        return new Reuse(storage, workers, known);
    }

    private static List<Object> key(Dtype dtype, Slice slice, List<String> chunks) {
        return List.of(dtype, slice.elements(), chunks);
    }

    IdentityHashMap<ShardPlan.Source, Found> find(List<ShardPlan.Source> sources) {
        IdentityHashMap<ShardPlan.Source, Found> candidates = new IdentityHashMap<>();
        Map<String, Map<Long, Long>> live = new HashMap<>();
        for (ShardPlan.Source source : sources) {
            Found found = source.bytes() == 0 ? null : known.get(key(source.dtype(), source.slice(), source.chunks()));
            if (found != null) {
                candidates.put(source, found);
                live.computeIfAbsent(found.file.name(), _ -> new HashMap<>()).put(found.offset, source.bytes());
            }
        }
        if (candidates.isEmpty()) {
            return candidates;
        }
        candidates
                .values()
                .removeIf(found ->
                        2 * live.get(found.file.name()).values().stream().mapToLong(Long::longValue).sum()
                                < found.file.tensorBytes());
        Set<String> damaged = damaged(candidates);
        candidates.values().removeIf(found -> damaged.contains(found.file.name()));
        return candidates;
    }

    /// Files in which something that we would rely on is not as it was written.
    private Set<String> damaged(IdentityHashMap<ShardPlan.Source, Found> candidates) {
        Map<String, List<Map.Entry<ShardPlan.Source, Found>>> byFile = new HashMap<>();
        candidates
                .entrySet()
                .forEach(each -> byFile.computeIfAbsent(each.getValue().file.name(), _ -> new ArrayList<>()).add(each));
        Set<String> damaged = new HashSet<>();
        byFile.forEach((file, uses) -> {
            Found found = uses.getFirst().getValue();
            try (Reading reading = Reading.open(storage, workers, found.checkpoint, found.manifest, Set.of(file))) {
                reading.verify(
                        uses.stream()
                                .map(use ->
                                        new Reading.Stored(
                                                use.getKey().name(),
                                                use.getKey().dtype(),
                                                new Manifest.Piece(
                                                        file,
                                                        use.getValue().offset,
                                                        use.getKey().slice(),
                                                        use.getKey().chunks())))
                                .toList());
            } catch (IOException | CorruptCheckpointException unusable) {
                damaged.add(file);
            }
        });
        return damaged;
    }
}
