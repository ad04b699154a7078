package dev.pando.training.step;

import dev.pando.training.tensor.Memory;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/// Keeps the moments of some spans in memory that the host computes in.
///
/// Memory of a span that is held no longer serves the next one: there is as much of it as was ever held at a time.
public final class HostMoments implements ShardedMoments {
    /// Moments of one span.
    ///
    /// @param first as many elements as the span has, as is `second`
    public record Slot(MemorySegment first, MemorySegment second) {}

    private final SpanCut cut;
    private final MemorySegment weights;
    private final Memory memory;
    private final SortedMap<Integer, Slot> slots = new TreeMap<>();
    private final Deque<Slot> free = new ArrayDeque<>(); // of full length
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

    /// Another number whenever moments may lie elsewhere: a span that was given up and is held again, for one.
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
        given.forEach(span -> free.push(slots.remove(span)));
        arrangement++;
        for (Integer span : spans) {
            if (!slots.containsKey(span)) {
                cut.offset(span); // there is such a span
                slots.put(span, zeroed());
            }
        }
    }

    private Slot zeroed() {
        Slot used = free.poll();
        if (used != null) {
            used.first().fill((byte) 0);
            used.second().fill((byte) 0);
            return used;
        }
        long bytes = cut.spanElements() * Float.BYTES;
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
