package dev.pando.checkpoint.format;

/// Some of the elements of a packed slice, one after the other: what lies in one chunk of a file.
///
/// @param slice of a tensor
/// @param first number of the first element, counted within the packed slice
/// @param last one past the last
public record PackedRange(Slice slice, long first, long last) {
    public long elements() {
        return last - first;
    }

    /// Sees a range that this and a part share.
    public interface Shared {
        void range(long inRange, long inPart, long length);
    }

    public boolean touches(Slice part) {
        long low = element(first);
        if (part.end() <= low || part.start() > element(last - 1)) {
            return false;
        }
        if (slice.count() == 1) {
            return part.touches(low, low + elements());
        }
        for (long at = first; at < last; ) {
            long length = runFrom(at);
            if (part.touches(element(at), element(at) + length)) {
                return true;
            }
            at += length;
        }
        return false;
    }

    /// Where this lies in a packed part that holds all of it in one run; -1 if it does not.
    public long within(Slice part) {
        if (runFrom(first) < elements()) {
            return -1;
        }
        long[] found = {-1};
        walk(
                part,
                (inRange, inPart, length) -> {
                    if (length == elements()) {
                        found[0] = inPart;
                    }
                });
        return found[0];
    }

    public void walk(Slice part, Shared shared) {
        for (long at = first; at < last; ) {
            long length = runFrom(at);
            long begin = element(at);
            long inRange = at - first;
            part.walk(
                    begin,
                    begin + length,
                    (element, inPart, common) -> shared.range(inRange + element - begin, inPart, common));
            at += length;
        }
    }

    /// Elements from there to the end of its run, or of this.
    private long runFrom(long at) {
        return Math.min(last - at, slice.run() - at % slice.run());
    }

    /// The element of the tensor that lies there.
    private long element(long at) {
        return slice.start() + at / slice.run() * slice.stride() + at % slice.run();
    }
}
