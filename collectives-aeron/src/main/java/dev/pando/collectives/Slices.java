package dev.pando.collectives;

/// How a span is cut among the members: member i reduces slice i, chunk by chunk. Or every member reduces all of it.
///
/// @param elements of the span
/// @param members among which it is cut
/// @param chunk elements of a chunk; the last of a slice may have fewer
/// @param whole whether every member's slice is the whole span
record Slices(long elements, int members, int chunk, boolean whole) {
    private static final long GRAIN = 16; // a cache line, so that no two members write the same one

    long start(int member) {
        if (whole) {
            return 0;
        }
        return member == members ? elements : elements * member / members / GRAIN * GRAIN;
    }

    long length(int member) {
        return whole ? elements : start(member + 1) - start(member);
    }

    long chunks(int member) {
        return Math.ceilDiv(length(member), chunk);
    }

    /// First element of a chunk, within the span.
    long chunkStart(int member, long index) {
        return start(member) + index * chunk;
    }

    int chunkLength(int member, long index) {
        return (int) Math.min(chunk, length(member) - index * chunk);
    }
}
