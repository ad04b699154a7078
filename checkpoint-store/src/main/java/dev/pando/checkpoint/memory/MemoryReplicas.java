package dev.pando.checkpoint.memory;

import dev.pando.checkpoint.format.PackedRange;
import dev.pando.checkpoint.format.Safetensors;
import dev.pando.checkpoint.format.TensorPart;
import dev.pando.training.step.CheckpointStore.CheckpointException;
import dev.pando.training.step.LossHistory;
import dev.pando.training.tensor.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.zip.CRC32C;

/// States in this node's own memory: two copies an owner, one that is whole and one that is being filled.
public final class MemoryReplicas implements Replicas {
    private final Map<String, Shelf> shelves = new HashMap<>();
    private final Memory memory;
    private final Optional<Arena> arena;
    private final List<MemorySegment> spare = new ArrayList<>(); // of owners that were dropped

    /// In plain memory of the process.
    public MemoryReplicas() {
        Arena own = Arena.ofShared();
        this.arena = Optional.of(own);
        this.memory = Memory.of(own);
    }

    /// @param memory where the states lie. In that of the collective by which they travel, a neighbour reads them in
    ///   place; these replicas are to be closed before it
    public MemoryReplicas(Memory memory) {
        this.arena = Optional.empty();
        this.memory = memory;
    }

    /// A part in our memory, and what it must sum to.
    private record Kept(TensorPart part, long checksum) {}

    /// @param parts as they were held, with their checksums
    private record Copy(Held held, List<Kept> parts) {}

    /// The place of one owner. Filled by one thread at a time, and read meanwhile.
    private static final class Shelf {
        final Object filler = new Object();
        final List<MemorySegment> slabs;
        final List<List<TensorPart>> rooms;
        Copy whole;
        int filling;
        boolean dropped;

        Shelf(List<TensorPart> like, List<MemorySegment> slabs) {
            this.slabs = slabs;
            this.rooms = slabs.stream().map(slab -> room(like, slab)).toList();
        }

        private static List<TensorPart> room(List<TensorPart> like, MemorySegment slab) {
            List<TensorPart> room = new ArrayList<>();
            long at = 0;
            for (TensorPart part : like) {
                long bytes = part.data().byteSize();
                room.add(new TensorPart(part.name(), part.shape(), part.slice(), slab.asSlice(at, bytes)));
                at += bytes + Safetensors.gap(bytes);
            }
            return List.copyOf(room);
        }

        static long bytes(List<TensorPart> like) {
            return like.stream()
                    .mapToLong(part -> part.data().byteSize() + Safetensors.gap(part.data().byteSize()))
                    .sum();
        }

        /// What was filled takes the place of what is whole, once nobody reads that any more.
        synchronized void put(String owner, Stamp stamp, List<TensorPart> room) {
            if (whole != null && stamp.step() < whole.held.step()) {
                throw new IllegalStateException(
                        owner
                                + " offers step "
                                + stamp.step()
                                + " where step "
                                + whole.held.step()
                                + " is held: drop that first");
            }
            List<Kept> kept = new ArrayList<>();
            long bytes = 0;
            for (TensorPart part : room) {
                kept.add(new Kept(part, checksum(part.data())));
                bytes += part.data().byteSize();
            }
            whole = new Copy(new Held(owner, stamp.step(), stamp.history(), bytes), List.copyOf(kept));
            filling = 1 - filling;
        }

        boolean fits(List<TensorPart> parts) {
            List<TensorPart> room = rooms.getFirst();
            if (room.size() != parts.size()) {
                return false;
            }
            for (int i = 0; i < room.size(); i++) {
                TensorPart ours = room.get(i);
                TensorPart theirs = parts.get(i);
                if (!ours.name().equals(theirs.name())
                        || !ours.shape().equals(theirs.shape())
                        || !ours.slice().equals(theirs.slice())) {
                    return false;
                }
            }
            return true;
        }
    }

    @Override
    public void hold(String owner, long step, LossHistory history, List<TensorPart> parts) {
        receive(
                owner,
                parts,
                room -> {
                    for (int i = 0; i < room.size(); i++) {
                        room.get(i).data().copyFrom(parts.get(i).data());
                    }
                    return Optional.of(new Stamp(step, history));
                });
    }

    @Override
    public Optional<Held> receive(String owner, List<TensorPart> like, Arrival arrival) {
        Shelf shelf;
        synchronized (this) {
            shelf = shelves.computeIfAbsent(owner, _ -> new Shelf(like, List.of(slab(like), slab(like))));
        }
        synchronized (shelf.filler) {
            if (shelf.dropped) {
                throw new IllegalStateException(owner + " was dropped meanwhile");
            }
            if (!shelf.fits(like)) {
                throw new IllegalStateException(owner + " has other parts than before: drop what is held of it first");
            }
            List<TensorPart> room = shelf.rooms.get(shelf.filling);
            Optional<Stamp> stamp = arrival.into(room);
            stamp.ifPresent(given -> shelf.put(owner, given, room));
            return stamp.map(_ -> whole(shelf).held);
        }
    }

    /// Memory for one copy: the smallest that is spare and large enough, or some of its own.
    private MemorySegment slab(List<TensorPart> like) {
        long bytes = Math.max(1, Shelf.bytes(like));
        Optional<MemorySegment> fitting =
                spare.stream()
                        .filter(one -> one.byteSize() >= bytes)
                        .min(Comparator.comparingLong(MemorySegment::byteSize));
        fitting.ifPresent(spare::remove);
        return fitting.orElseGet(() -> memory.allocate("states of others", bytes));
    }

    @Override
    public void read(String owner, Reader reader) {
        Shelf shelf;
        synchronized (this) {
            shelf = shelves.get(owner);
        }
        if (shelf == null) {
            throw new CheckpointException("nothing is held of " + owner);
        }
        synchronized (shelf) {
            if (shelf.whole == null) {
                throw new CheckpointException("nothing is held of " + owner);
            }
            Copy whole = shelf.whole;
            List<TensorPart> parts = whole.parts.stream().map(Kept::part).toList();
            Verification verification = new CheckBeside(() -> verify(whole.held, whole.parts, parts));
            try {
                reader.read(whole.held, parts, verification);
            } finally {
                verification.await(); // nobody may fill what is still looked at
            }
        }
    }

    private static long checksum(MemorySegment data) {
        CRC32C sum = new CRC32C();
        for (long at = 0; at < data.byteSize(); at += 1 << 30) {
            sum.update(data.asSlice(at, Math.min(1 << 30, data.byteSize() - at)).asByteBuffer());
        }
        return sum.getValue();
    }

    @Override
    public synchronized Optional<Held> newest(String owner) {
        return Optional.ofNullable(shelves.get(owner)).map(MemoryReplicas::whole).map(Copy::held);
    }

    private static Copy whole(Shelf shelf) {
        synchronized (shelf) {
            return shelf.whole;
        }
    }

    @Override
    public void load(Held held, List<TensorPart> into) {
        Shelf shelf;
        synchronized (this) {
            shelf = shelves.get(held.owner());
        }
        if (shelf == null) {
            throw new CheckpointException("nothing is held of " + held.owner());
        }
        synchronized (shelf) { // so that nobody fills what we read
            if (shelf.whole == null || !shelf.whole.held.equals(held)) {
                throw new CheckpointException("step " + held.step() + " of " + held.owner() + " is held no longer");
            }
            verify(held, shelf.whole.parts, into);
            for (TensorPart part : into) {
                long filled = 0;
                for (Kept kept : shelf.whole.parts) {
                    if (kept.part.name().equals(part.name())) {
                        filled += copy(kept.part, part);
                    }
                }
                if (filled != part.slice().elements()) {
                    throw new CheckpointException(
                            "of tensor "
                                    + part.name()
                                    + " "
                                    + filled
                                    + " of "
                                    + part.slice().elements()
                                    + " elements are held of "
                                    + held.owner());
                }
            }
        }
    }

    private static void verify(Held held, List<Kept> parts, List<TensorPart> into) {
        Set<String> asked = into.stream().map(TensorPart::name).collect(Collectors.toSet());
        List<Kept> changed =
                parts.stream()
                        .filter(kept -> asked.contains(kept.part.name()))
                        .filter(kept -> checksum(kept.part.data()) != kept.checksum)
                        .toList();
        if (!changed.isEmpty()) {
            throw new CheckpointException(
                    "tensor "
                            + changed.getFirst().part.name()
                            + " of "
                            + held.owner()
                            + " after step "
                            + held.step()
                            + " is not as it was when it was taken into memory");
        }
    }

    private static long copy(TensorPart from, TensorPart to) {
        long[] copied = {0};
        new PackedRange(from.slice(), 0, from.slice().elements())
                .walk(
                        to.slice(),
                        (inFrom, inTo, length) -> {
                            MemorySegment.copy(
                                    from.data(),
                                    inFrom * Float.BYTES,
                                    to.data(),
                                    inTo * Float.BYTES,
                                    length * Float.BYTES);
                            copied[0] += length;
                        });
        return copied[0];
    }

    @Override
    public void drop(String owner) {
        Shelf shelf;
        synchronized (this) {
            shelf = shelves.remove(owner);
        }
        if (shelf != null) {
            synchronized (shelf.filler) {
                synchronized (shelf) {
                    shelf.whole = null;
                    shelf.dropped = true;
                }
            }
            synchronized (this) {
                spare.addAll(shelf.slabs);
            }
        }
    }

    @Override
    public void close() {
        List<String> owners;
        synchronized (this) {
            owners = List.copyOf(shelves.keySet());
        }
        owners.forEach(this::drop);
        arena.ifPresent(Arena::close);
    }
}
