package dev.pando.collectives.memory;

/// How a span is cut among members: member i sums or gives slice i, chunk by chunk.
///
/// Cut for every operation again, in place.
public final class Slices {
    /// Elements of a cache line of float32, so that no two members write the same one.
    public static final long GRAIN = 16;

    private long elements;
    private long chunk;
    private boolean whole;
    private long[] starts = {};
    private long[] ends = {};

    /// First element of a slice, of as many as there are members. That of the one after the last is the number of
    /// elements.
    public static long start(long elements, int members, int member, long grain) {
        return member == members ? elements : elements * member / members / grain * grain;
    }

    /// One slice for every member, about equally long.
    public void even(long span, int members, long chunkElements, long grain) {
        begin(span, members, chunkElements, false);
        for (int member = 0; member < members; member++) {
            starts[member] = start(span, members, member, grain);
            ends[member] = start(span, members, member + 1, grain);
        }
    }

    /// Everyone's slice is the span.
    public void whole(long span, int members, long chunkElements) {
        begin(span, members, chunkElements, true);
        for (int member = 0; member < members; member++) {
            starts[member] = 0;
            ends[member] = span;
        }
    }

    /// The span is the slice of one; the others' are empty.
    public void only(long span, int members, long chunkElements, int owner) {
        begin(span, members, chunkElements, false);
        for (int member = 0; member < members; member++) {
            starts[member] = 0;
            ends[member] = member == owner ? span : 0;
        }
    }

    private void begin(long span, int members, long chunkElements, boolean isWhole) {
        elements = span;
        chunk = chunkElements;
        whole = isWhole;
        if (starts.length != members) {
            starts = new long[members];
            ends = new long[members];
        }
    }

    /// Length of the span.
    long elements() {
        return elements;
    }

    /// Elements of a chunk; the last of a slice may have fewer.
    public long chunk() {
        return chunk;
    }

    /// Whether everyone's slice is the span.
    public boolean whole() {
        return whole;
    }

    public long start(int member) {
        return starts[member];
    }

    public long end(int member) {
        return ends[member];
    }

    public long length(int member) {
        return ends[member] - starts[member];
    }

    public long chunks(int member) {
        return Math.ceilDiv(length(member), chunk);
    }

    /// First element of a chunk, within the span.
    public long chunkStart(int member, long index) {
        return starts[member] + index * chunk;
    }

    public int chunkLength(int member, long index) {
        return (int) Math.min(chunk, length(member) - index * chunk);
    }
}
