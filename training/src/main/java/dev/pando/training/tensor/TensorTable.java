package dev.pando.training.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/// The one place where a model's tensors are declared: name and shape, in the order in which they lie in memory.
///
/// Weights, gradients, both moments, the checkpoint and the all-reduce all walk this table, so a tensor has the same
/// offset in each of their spans. Tensors of a [Part] are neighbours: its weights, its gradient and its moments are one
/// contiguous range each.
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

    /// Where a part lies in a span of the whole table. Ranges are in ascending order, touch, and cover the table.
    ///
    /// @param offset of its first element, a multiple of 16
    /// @param length in elements, padding included
    public record Range(Part part, long offset, long length) {}

    private static final long GRAIN = Memory.ALIGNMENT / Float.BYTES;

    private final List<Entry> entries;
    private final List<Range> parts;
    private final long[] bounds;
    private final Map<String, Entry> byName;
    private final long length;

    private TensorTable(List<Entry> entries, List<Range> parts, long length) {
        this.entries = List.copyOf(entries);
        this.parts = List.copyOf(parts);
        this.bounds = LongStream.concat(parts.stream().mapToLong(Range::offset), LongStream.of(length)).toArray();
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

    /// All parts, in ascending order, which is memory order.
    public List<Range> parts() {
        return parts;
    }

    /// First element of each part, then [#length()].
    public long[] bounds() {
        return bounds.clone();
    }

    /// The tensor of that name.
    ///
    /// @throws IllegalArgumentException if the table has no such tensor
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

    /// Declares tensors one after the other, part by part.
    public static final class Builder {
        private final List<Entry> entries = new ArrayList<>();
        private final List<Range> parts = new ArrayList<>();
        private Part part = new Part(0, 0);
        private long partOffset;
        private long next;

        /// Tensors declared from here on belong to this part. Before the first call they belong to part (0, 0).
        ///
        /// @throws IllegalArgumentException if the part is not above the one before
        public Builder part(int block, int tensorShard) {
            Part following = new Part(block, tensorShard);
            if (next > partOffset && following.compareTo(part) <= 0) {
                throw new IllegalArgumentException("parts ascend: " + following + " cannot follow " + part);
            }
            endPart();
            part = following;
            return this;
        }

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
            endPart();
            return new TensorTable(entries, parts, next);
        }

        private void endPart() {
            if (next > partOffset) {
                parts.add(new Range(part, partOffset, next - partOffset));
                partOffset = next;
            }
        }
    }
}
