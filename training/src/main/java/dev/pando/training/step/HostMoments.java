package dev.pando.training.step;

import dev.pando.training.tensor.Memory;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/// Keeps the moments of some spans in memory that the host computes in.
///
/// Memory of released spans is reused for spans that fit into it; the pool never shrinks.
public final class HostMoments implements ShardedMoments {
    /// Moments of one span.
    ///
    /// @param first as many elements as the span has, as is `second`
    public record Slot(MemorySegment first, MemorySegment second) {}

    private final SpanCut cut;
    private final MemorySegment weights;
    private final Memory memory;
    private final SortedMap<Integer, Slot> slots = new TreeMap<>();
    private final NavigableMap<Long, Deque<Slot>> free = new TreeMap<>(); // by length in elements
    private long arrangement;

    /// @param weights of the whole model
    /// @param memory where moments live
    public HostMoments(SpanCut cut, MemorySegment weights, Memory memory) {
        this.cut = cut;
        this.weights = weights;
        this.memory = memory;
    }

    @Override
    public SpanCut cut() {
        return cut;
    }

    @Override
    public SortedSet<Integer> held() {
        return new TreeSet<>(slots.keySet());
    }

    /// Changes whenever moments may lie elsewhere, for instance where a released span is held again.
    long arrangement() {
        return arrangement;
    }

    /// Moments of the spans that are held, by their numbers.
    public SortedMap<Integer, Slot> slots() {
        SortedMap<Integer, Slot> fitting = new TreeMap<>();
        slots.forEach((span, slot) -> fitting.put(span, fitting(slot, span)));
        return fitting;
    }

    @Override
    public void hold(SortedSet<Integer> spans) {
        List<Integer> given = slots.keySet().stream().filter(span -> !spans.contains(span)).toList();
        given.forEach(span -> {
            Slot slot = slots.remove(span);
            free.computeIfAbsent(slot.first().byteSize() / Float.BYTES, _ -> new ArrayDeque<>()).push(slot);
        });
        arrangement++;
        for (Integer span : spans) {
            if (!slots.containsKey(span)) {
                slots.put(span, zeroed(cut.length(span)));
            }
        }
    }

    private Slot zeroed(long elements) {
        Map.Entry<Long, Deque<Slot>> used = free.ceilingEntry(elements);
        if (used != null) {
            Slot slot = used.getValue().pop();
            if (used.getValue().isEmpty()) {
                free.remove(used.getKey());
            }
            slot.first().fill((byte) 0);
            slot.second().fill((byte) 0);
            return slot;
        }
        long bytes = elements * Float.BYTES;
        return new Slot(memory.allocate("moments: first", bytes), memory.allocate("moments: second", bytes));
    }

    private Slot fitting(Slot slot, int span) {
        long bytes = cut.length(span) * Float.BYTES;
        return new Slot(slot.first().asSlice(0, bytes), slot.second().asSlice(0, bytes));
    }

    @Override
    public List<MemorySegment> weights(SortedSet<Integer> spans) {
        return spans.stream().map(span -> cut.in(weights, span)).toList();
    }

    @Override
    public void weightsWritten(SortedSet<Integer> spans) {
        // host and device share them
    }

    @Override
    public List<MemorySegment> moments(SortedSet<Integer> spans) {
        List<MemorySegment> moments = new ArrayList<>();
        for (Integer span : spans) {
            Slot slot = slots.get(span);
            if (slot == null) {
                throw new IllegalArgumentException("the moments of span " + span + " are not held here");
            }
            Slot fitting = fitting(slot, span);
            moments.add(fitting.first());
            moments.add(fitting.second());
        }
        return Collections.unmodifiableList(moments);
    }

    @Override
    public void momentsWritten(SortedSet<Integer> spans) {
        // host and device share them
    }
}
