package dev.pando.checkpoint;

import dev.pando.checkpoint.format.Manifest;
import dev.pando.checkpoint.format.Shapes;
import dev.pando.checkpoint.format.Slice;
import dev.pando.checkpoint.format.TensorPart;
import dev.pando.checkpoint.io.CorruptCheckpointException;
import dev.pando.checkpoint.io.UnknownFormatException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Finds in what two checkpoints differ. Reads only what its checksums do not show to be equal.
final class Comparison {
    private static final long WINDOW = 4L << 20; // elements, twice

    private final Reading first;
    private final Reading second;

    private Comparison(Reading first, Reading second) {
        this.first = first;
        this.second = second;
    }

    static List<Difference> of(Catalog catalog, String one, String other)
            throws IOException, CorruptCheckpointException, UnknownFormatException {
        Manifest left = catalog.manifest(one);
        Manifest right = catalog.manifest(other);
        try (Reading first = catalog.open(one, left);
                Reading second = catalog.open(other, right)) {
            return new Comparison(first, second).compare(left, right);
        }
    }

    private List<Difference> compare(Manifest left, Manifest right) throws IOException, CorruptCheckpointException {
        Map<String, Manifest.Tensor> others = new HashMap<>();
        right.tensors().forEach(tensor -> others.put(tensor.name(), tensor));
        List<Difference> differences = new ArrayList<>();
        for (Manifest.Tensor tensor : left.tensors()) {
            Manifest.Tensor other = others.remove(tensor.name());
            if (other == null) {
                differences.add(new Difference.OnlyInFirst(tensor.name()));
            } else if (!other.shape().equals(tensor.shape()) || other.dtype() != tensor.dtype()) {
                differences.add(new Difference.OtherShape(tensor.name(), tensor.shape(), other.shape()));
            } else if (left.chunkBytes() != right.chunkBytes() || !sums(tensor).equals(sums(other))) {
                compare(tensor, differences);
            }
        }
        for (Manifest.Tensor tensor : right.tensors()) {
            if (others.containsKey(tensor.name())) {
                differences.add(new Difference.OnlyInSecond(tensor.name()));
            }
        }
        return differences;
    }

    private static Map<Slice, List<String>> sums(Manifest.Tensor tensor) {
        Map<Slice, List<String>> sums = new HashMap<>();
        tensor.pieces().forEach(piece -> sums.put(piece.slice(), piece.chunks()));
        return sums;
    }

    private void compare(Manifest.Tensor tensor, List<Difference> differences)
            throws IOException, CorruptCheckpointException {
        long elements = Shapes.elements(tensor.shape());
        long different = 0;
        double largest = 0;
        try (Arena arena = Arena.ofShared()) {
            MemorySegment left = arena.allocate(Math.min(WINDOW, elements) * Float.BYTES, 64);
            MemorySegment right = arena.allocate(left.byteSize(), 64);
            for (long at = 0; at < elements; at += WINDOW) {
                Slice window = Slice.range(at, Math.min(elements, at + WINDOW));
                long bytes = window.elements() * Float.BYTES;
                first.load(List.of(new TensorPart(tensor.name(), tensor.shape(), window, left.asSlice(0, bytes))));
                second.load(List.of(new TensorPart(tensor.name(), tensor.shape(), window, right.asSlice(0, bytes))));
                for (long i = 0; i < window.elements(); i++) {
                    int a = left.getAtIndex(ValueLayout.JAVA_INT, i);
                    int b = right.getAtIndex(ValueLayout.JAVA_INT, i);
                    if (a != b) {
                        different++;
                        largest =
                                Math.max(largest, Math.abs((double) Float.intBitsToFloat(a) - Float.intBitsToFloat(b)));
                    }
                }
            }
        }
        if (different > 0) {
            differences.add(
                    new Difference.OtherBits(
                            tensor.name(), different, elements, Double.isFinite(largest) ? largest : Double.NaN));
        }
    }
}
