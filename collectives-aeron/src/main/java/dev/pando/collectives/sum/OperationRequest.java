package dev.pando.collectives.sum;

import dev.pando.collectives.memory.Format;
import dev.pando.collectives.memory.Offheap;
import dev.pando.collectives.memory.SharedResult;
import dev.pando.collectives.memory.Slices;
import dev.pando.training.step.Collective.Partial;
import dev.pando.training.step.ShardTree;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// What a member was asked for. One object, filled again for every operation, so that none allocates it.
public final class OperationRequest {
    private static final ShardTree NO_TREE = new ShardTree(1);
    private static final int FORMAT_SHIFT = 28;
    private static final int PATTERN_SHIFT = 24;
    private static final int SHARED = 1 << 23;

    private Pattern pattern;
    private Format format;
    private long number;
    private ShardTree tree;
    private List<Partial> partials;
    private long elements;
    private MemorySegment given;
    private MemorySegment taken;
    private int owner;
    private SharedResult shared;

    public void allReduce(long operation, Format numbers, ShardTree shape, List<Partial> mine, MemorySegment result) {
        set(Pattern.ALL_REDUCE, operation, numbers, count(result, numbers));
        reduce(shape, mine, result);
    }

    public void reduceScatter(
            long operation, Format numbers, ShardTree shape, List<Partial> mine, long span, MemorySegment slice) {
        set(Pattern.REDUCE_SCATTER, operation, numbers, span);
        reduce(shape, mine, slice);
    }

    public void allGather(long operation, Format numbers, MemorySegment slice, MemorySegment result) {
        set(Pattern.ALL_GATHER, operation, numbers, count(result, numbers));
        count(slice, numbers);
        given = slice;
        taken = result;
    }

    /// @param from rank of the one whose numbers the others receive
    public void broadcast(long operation, Format numbers, int from, MemorySegment span) {
        set(Pattern.BROADCAST, operation, numbers, count(span, numbers));
        given = span;
        taken = span;
        owner = from;
    }

    public void barrier(long operation) {
        set(Pattern.BARRIER, operation, Format.FLOAT32, 0);
    }

    private void set(Pattern wanted, long operation, Format numbers, long span) {
        pattern = wanted;
        format = numbers;
        number = operation;
        elements = span;
        tree = NO_TREE;
        partials = List.of();
        given = MemorySegment.NULL;
        taken = MemorySegment.NULL;
        owner = -1;
        shared = null;
    }

    /// The result of an all-reduce is one that members hold together.
    public void share(SharedResult result) {
        shared = result;
    }

    private void reduce(ShardTree shape, List<Partial> mine, MemorySegment result) {
        count(result, format);
        tree = shape;
        partials = mine;
        taken = result;
        for (int at = 0; at < mine.size(); at++) {
            check(mine.get(at), result);
        }
    }

    private void check(Partial partial, MemorySegment result) {
        MemorySegment span = partial.span();
        if (!span.isNative() || span.byteSize() != elements * format.bytes()) {
            throw new IllegalArgumentException(
                    "the partial sum of %s has %d bytes, the result %d; both must be off-heap and of one size"
                            .formatted(partial.node(), span.byteSize(), elements * format.bytes()));
        }
        if (format == Format.BFLOAT16 && !partial.node().isLeaf()) {
            throw new IllegalArgumentException(
                    "the partial sum of %s is in bfloat16; that is for single batch shards, since a sum must not be rounded where only some arrangements form it"
                            .formatted(partial.node()));
        }
        long before = span.address() - result.address();
        if (before < result.byteSize() && -before < span.byteSize() && result.byteSize() > 0) {
            throw new IllegalArgumentException("the result overlaps the partial sum of " + partial.node());
        }
    }

    private static long count(MemorySegment span, Format format) {
        if (!span.isNative() || span.byteSize() % format.bytes() != 0) {
            throw new IllegalArgumentException(
                    "numbers lie off-heap, %d bytes each, and not in %s".formatted(format.bytes(), span));
        }
        return span.byteSize() / format.bytes();
    }

    public Pattern pattern() {
        return pattern;
    }

    public Format format() {
        return format;
    }

    public long number() {
        return number;
    }

    public ShardTree tree() {
        return tree;
    }

    public List<Partial> partials() {
        return partials;
    }

    /// Length of the span that is summed or moved.
    public long elements() {
        return elements;
    }

    public long bytes() {
        return elements * format.bytes();
    }

    /// What this member gives away unsummed.
    public MemorySegment given() {
        return given;
    }

    /// Where this member receives.
    public MemorySegment taken() {
        return taken;
    }

    /// Address of where this member receives.
    public long target() {
        return shared == null ? taken.address() : shared.own();
    }

    /// The members do not hold the result together this time.
    public void keepAlone() {
        if (shared != null) {
            shared.mapAlone();
        }
    }

    /// Refuses slices that are not those of the member at this rank.
    public void check(int rank, int members) {
        long slice =
                Slices.start(elements, members, rank + 1, Slices.GRAIN)
                        - Slices.start(elements, members, rank, Slices.GRAIN);
        MemorySegment span =
                switch (pattern) {
                    case REDUCE_SCATTER -> taken;
                    case ALL_GATHER -> given;
                    case ALL_REDUCE, BROADCAST, BARRIER -> null;
                };
        if (span != null && span.byteSize() != slice * format.bytes()) {
            throw new IllegalArgumentException(
                    "%s: the slice of member %d of %d has %d of %d numbers, not %d"
                            .formatted(name(), rank, members, slice, elements, span.byteSize() / format.bytes()));
        }
    }

    /// Copies what this member gives to where it receives.
    public void copyOwnSlice(long offset) {
        if (given.address() != taken.address() + offset) {
            Offheap.copy(taken.address() + offset, given.address(), given.byteSize());
        }
    }

    /// The result that members hold together, or null.
    public SharedResult shared() {
        return shared;
    }

    /// Rank of the member that gives, in a broadcast.
    public int owner() {
        return owner;
    }

    /// All that must be the same at every member besides the number of elements, in an int.
    public int shape() {
        return format.ordinal() << FORMAT_SHIFT
                | pattern.ordinal() << PATTERN_SHIFT
                | (shared == null ? 0 : SHARED)
                | tree.shards();
    }

    /// What to say when another member was asked for something else.
    public String disagreement(String other, int shape, long count, String own) {
        return "%s: %s takes part with %s, %s with %s"
                .formatted(name(), other, describe(shape, count), own, describe(shape(), elements));
    }

    private static String describe(int shape, long count) {
        return "%s of %d numbers in %s over %d batch shards%s"
                .formatted(
                        Pattern.of(shape >>> PATTERN_SHIFT & 0xf),
                        count,
                        Format.of(shape >>> FORMAT_SHIFT),
                        shape & SHARED - 1,
                        (shape & SHARED) == 0 ? "" : ", the result shared");
    }

    public String name() {
        return switch (pattern) {
                    case ALL_REDUCE -> "all-reduce ";
                    case REDUCE_SCATTER -> "reduce-scatter ";
                    case ALL_GATHER -> "all-gather ";
                    case BROADCAST -> "broadcast ";
                    case BARRIER -> "barrier ";
                }
                + number;
    }
}
