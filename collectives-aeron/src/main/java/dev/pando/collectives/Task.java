package dev.pando.collectives;

import dev.pando.training.step.Collective.Partial;
import dev.pando.training.step.ShardTree;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Locale;

/// What a member was asked for. One object, filled anew for every operation, so that none allocates it.
final class Task {
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

    void allReduce(long operation, Format numbers, ShardTree shape, List<Partial> mine, MemorySegment result) {
        set(Pattern.ALL_REDUCE, operation, numbers, count(result, numbers));
        reduce(shape, mine, result);
    }

    void reduceScatter(
            long operation, Format numbers, ShardTree shape, List<Partial> mine, long span, MemorySegment slice) {
        set(Pattern.REDUCE_SCATTER, operation, numbers, span);
        reduce(shape, mine, slice);
    }

    void allGather(long operation, Format numbers, MemorySegment slice, MemorySegment result) {
        set(Pattern.ALL_GATHER, operation, numbers, count(result, numbers));
        count(slice, numbers);
        given = slice;
        taken = result;
    }

    /// @param from rank of the one whose numbers the others receive
    void broadcast(long operation, Format numbers, int from, MemorySegment span) {
        set(Pattern.BROADCAST, operation, numbers, count(span, numbers));
        given = span;
        taken = span;
        owner = from;
    }

    void barrier(long operation) {
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
    void share(SharedResult result) {
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
                    String.format(
                            Locale.ROOT,
                            "the partial sum of %s has %d bytes, the result %d; both must be off-heap and of one size",
                            partial.node(),
                            span.byteSize(),
                            elements * format.bytes()));
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
                    String.format(
                            Locale.ROOT, "numbers lie off-heap, %d bytes each, and not in %s", format.bytes(), span));
        }
        return span.byteSize() / format.bytes();
    }

    Pattern pattern() {
        return pattern;
    }

    Format format() {
        return format;
    }

    long number() {
        return number;
    }

    ShardTree tree() {
        return tree;
    }

    List<Partial> partials() {
        return partials;
    }

    /// Of the span that is summed or moved.
    long elements() {
        return elements;
    }

    long bytes() {
        return elements * format.bytes();
    }

    /// What this member gives away unsummed.
    MemorySegment given() {
        return given;
    }

    /// Where this member receives.
    MemorySegment taken() {
        return taken;
    }

    /// Address of where this member receives.
    long target() {
        return shared == null ? taken.address() : shared.own();
    }

    /// The members do not hold the result together this time.
    void keepAlone() {
        if (shared != null) {
            shared.mapAlone();
        }
    }

    /// Refuses slices that are not those of the member at this rank.
    void check(int rank, int members) {
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
                    String.format(
                            Locale.ROOT,
                            "%s: the slice of member %d of %d has %d of %d numbers, not %d",
                            name(),
                            rank,
                            members,
                            slice,
                            elements,
                            span.byteSize() / format.bytes()));
        }
    }

    /// Copies what this member gives to where it receives.
    void copyOwnSlice(long offset) {
        if (given.address() != taken.address() + offset) {
            Offheap.copy(taken.address() + offset, given.address(), given.byteSize());
        }
    }

    /// The result that members hold together, or null.
    SharedResult shared() {
        return shared;
    }

    /// Rank of the one who gives, in a broadcast.
    int owner() {
        return owner;
    }

    /// All that must be the same at every member besides the number of elements, in an int.
    int shape() {
        return format.ordinal() << FORMAT_SHIFT
                | pattern.ordinal() << PATTERN_SHIFT
                | (shared == null ? 0 : SHARED)
                | tree.shards();
    }

    /// What to say when another member was asked for something else.
    String disagreement(String other, int shape, long count, String own) {
        return "%s: %s takes part with %s, %s with %s"
                .formatted(name(), other, describe(shape, count), own, describe(shape(), elements));
    }

    private static String describe(int shape, long count) {
        return String.format(
                Locale.ROOT,
                "%s of %d numbers in %s over %d batch shards%s",
                Pattern.of(shape >>> PATTERN_SHIFT & 0xf),
                count,
                Format.of(shape >>> FORMAT_SHIFT),
                shape & SHARED - 1,
                (shape & SHARED) == 0 ? "" : ", the result shared");
    }

    String name() {
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
