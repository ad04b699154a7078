package dev.pando.cuda;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// Keeps float32 spans rounded to bfloat16 for the tensor cores, so that what several products read is rounded once.
///
/// Weights are kept from update to update, which rounds them itself; of everything else the few spans that were rounded
/// last, each until it is written to.
final class Bfloat16Cache {
    /// Copies of about one size that are kept: a layer's gradients of gate and up are read twice each, with others
    /// between.
    private static final int MOST_OF_A_SIZE = 4;

    /// A copy is not wasted on a span of less than that part of its room.
    private static final int WASTE = 4;

    /// Room for a copy, and what it is a copy of. Room is never given back to the device: a recording may still write
    /// there.
    private static final class Copy {
        final long address;
        final long room; // elements
        long span;
        long elements; // 0: of nothing
        long used; // when it was asked for last

        Copy(long address, long room) {
            this.address = address;
            this.room = room;
        }

        boolean overlaps(long start, long bytes) {
            return span < start + bytes && start < span + Float.BYTES * elements;
        }
    }

    private final Device device;
    private final DeviceMemory memory;
    private final List<Copy> copies = new ArrayList<>();
    private final List<Copy> spare = new ArrayList<>();
    private long clock;
    private long weights; // 0 until keepWeights names them
    private long weightBytes;
    private long roundedWeights;
    private boolean weightsFresh;

    Bfloat16Cache(Device device, DeviceMemory memory) {
        this.device = device;
        this.memory = memory;
    }

    /// The rounded copy of a span.
    long of(long span, long elements) {
        if (isOfWeights(span, Float.BYTES * elements)) {
            refreshWeights();
            return ofWeights(span);
        }
        Copy copy = null;
        for (Copy known : copies) {
            if (known.span == span && known.elements == elements) {
                copy = known;
            }
        }
        if (copy == null) {
            copy = room(elements);
            copy.span = span;
            copy.elements = elements;
            round(span, copy.address, elements);
        }
        copy.used = ++clock;
        return copy.address;
    }

    /// From now on the weights in this span are kept rounded. From the first product on, and not from the first update:
    /// a replica that begins later must hand the library the same alignments at the same step, or it may choose another
    /// algorithm and other bits.
    void keepWeights(long span, long bytes) {
        if (weights != 0) {
            throw new IllegalStateException("these operators hold the weights of a model already");
        }
        weights = span;
        weightBytes = bytes;
        roundedWeights = memory.allocate("bfloat16 copies: weights", bytes / 2).address();
        weightsFresh = false;
    }

    /// Where an update leaves these weights rounded, or 0.
    long ofWeights(long span) {
        return isOfWeights(span, 0) ? roundedWeights + (span - weights) / 2 : 0;
    }

    /// Rounds all weights again if something other than an update has written to them.
    void refreshWeights() {
        if (weights != 0 && !weightsFresh) {
            round(weights, roundedWeights, weightBytes / Float.BYTES);
            weightsFresh = true;
        }
    }

    /// A span is about to be written to.
    void written(long address, long bytes) {
        if (weights != 0 && address < weights + weightBytes && weights < address + bytes) {
            weightsFresh = false;
        }
        for (Copy copy : copies) {
            if (copy.overlaps(address, bytes)) {
                copy.elements = 0;
            }
        }
    }

    /// Forgets everything but the weights, and begins again as if nothing had been rounded yet: the same sequence of
    /// calls then takes the same room, and needs no more the second time than the first.
    void forget() {
        copies.forEach(copy -> copy.elements = 0);
        spare.addAll(copies);
        copies.clear();
    }

    private boolean isOfWeights(long span, long bytes) {
        return weights != 0 && span >= weights && span + bytes <= weights + weightBytes;
    }

    /// Room for a number of elements: what is free, or else what was asked for longest ago once there is enough of that
    /// size, or else new.
    private Copy room(long elements) {
        List<Copy> fitting =
                copies.stream()
                        .filter(copy -> copy.room >= elements && copy.room <= WASTE * elements)
                        .filter(copy -> copy.elements == 0 || copy.used < clock) // the other operand of this product
                        .sorted(Comparator.comparingLong(copy -> copy.elements == 0 ? 0 : copy.used))
                        .toList();
        if (!fitting.isEmpty() && (fitting.getFirst().elements == 0 || fitting.size() >= MOST_OF_A_SIZE)) {
            return fitting.getFirst();
        }
        Copy fresh = spareOf(elements);
        copies.add(fresh);
        return fresh;
    }

    private Copy spareOf(long elements) {
        for (int i = 0; i < spare.size(); i++) {
            if (spare.get(i).room == elements) {
                return spare.remove(i);
            }
        }
        return new Copy(memory.allocate("bfloat16 copies: operands", Short.BYTES * elements).address(), elements);
    }

    private void round(long from, long to, long elements) {
        int blocks = Kernels.blocks(Math.ceilDiv(elements, 2), Kernels.THREADS);
        device.launch("pando_to_bf16", Device.Grid.of(blocks), Kernels.THREADS, 0, from, to, elements);
    }
}
