package dev.pando.training.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The one place where a model's tensors are declared: name and shape, in the order in which they lie in memory.
///
/// Weights, gradients, both moments, the checkpoint and the all-reduce all walk this table, so a tensor has the same
/// offset in each of their spans. Tensors of a layer are neighbours: a finished layer's gradient is one contiguous
/// range.
public final class TensorTable {
    /// One tensor. Row-major float32.
    ///
    /// @param name as in the Hugging Face checkpoint
    /// @param shape as in the Hugging Face checkpoint, outermost dimension first
    /// @param offset of its first element in a span of the whole table, in elements; a multiple of 16
    /// @param length in elements
    public record Entry(String name, List<Long> shape, long offset, long length) {
        /// This tensor's part of a span of the whole table.
        public MemorySegment in(MemorySegment span) {
            return span.asSlice(offset * Float.BYTES, length * Float.BYTES);
        }
    }

    private static final long GRAIN = Memory.ALIGNMENT / Float.BYTES;

    private final List<Entry> entries;
    private final Map<String, Entry> byName;
    private final long length;

    private TensorTable(List<Entry> entries, long length) {
        this.entries = List.copyOf(entries);
        this.length = length;
        this.byName = new HashMap<>();
        for (Entry entry : entries) {
            byName.put(entry.name(), entry);
        }
    }

    /// All tensors, in memory order.
    public List<Entry> entries() {
        return entries;
    }

    /// The tensor of that name.
    ///
    /// @throws IllegalArgumentException if there is none
    public Entry get(String name) {
        Entry entry = byName.get(name);
        if (entry == null) {
            throw new IllegalArgumentException("no tensor named " + name);
        }
        return entry;
    }

    /// Elements of a span of the whole table, padding between tensors included. Padding is always zero.
    public long length() {
        return length;
    }

    /// Bytes of a float32 span of the whole table.
    public long bytes() {
        return length * ValueLayout.JAVA_FLOAT.byteSize();
    }

    /// Number of parameters, padding left out.
    public long parameters() {
        return entries.stream().mapToLong(Entry::length).sum();
    }

    /// Declares tensors one after the other.
    public static final class Builder {
        private final List<Entry> entries = new ArrayList<>();
        private long next;

        public Builder add(String name, long... shape) {
            long length = 1;
            List<Long> dimensions = new ArrayList<>();
            for (long dimension : shape) {
                length = Math.multiplyExact(length, dimension);
                dimensions.add(dimension);
            }
            entries.add(new Entry(name, List.copyOf(dimensions), next, length));
            next = Math.ceilDiv(next + length, GRAIN) * GRAIN;
            return this;
        }

        public TensorTable build() {
            return new TensorTable(entries, next);
        }
    }
}
