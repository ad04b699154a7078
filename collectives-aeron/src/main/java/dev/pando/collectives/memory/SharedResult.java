package dev.pando.collectives.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;

/// A result that members of a host hold together: each slice of it lies in the file of the member that sums it, and all
/// map all slices side by side. So what is summed once is copied nowhere.
///
/// Each member writes its own slice through [#own()], and nothing else.
public final class SharedResult {
    public static final long PAGE = 4096;

    private final MemorySegment whole;
    private final MemorySegment own;
    private final long offset;
    private final Path file;
    private Path[] files = {};
    private long[] offsets = {};
    private long bytes;

    /// @param own memory of this member, as large as the result
    /// @param offset of that within this member's file
    SharedResult(MemorySegment own, long offset, Path file, Arena arena) {
        this.own = own;
        this.offset = offset;
        this.file = file;
        this.whole = Mapping.reserve(own.byteSize(), arena);
        mapAlone();
    }

    /// What the caller reads.
    public MemorySegment whole() {
        return whole;
    }

    /// Address of where this member writes.
    public long own() {
        return own.address();
    }

    /// Offset of the own part, within this member's file.
    public long offset() {
        return offset;
    }

    /// From now on, all of it is what this member has written.
    public void mapAlone() {
        if (files.length != 1) {
            Mapping.place(whole.address(), whole.byteSize(), file, offset);
            files = new Path[] {file};
            offsets = new long[] {offset};
        }
    }

    /// From now on, each slice is what its member has written.
    ///
    /// @param holders files of the members, by rank; the arrays are this object's from now on
    /// @param places of their parts within the files
    public void map(Path[] holders, long[] places, Slices slices, int width) {
        long length = slices.elements() * width;
        if (bytes == length && Arrays.equals(files, holders) && Arrays.equals(offsets, places)) {
            return; // slices begin at whole pages, so bytes alone say where
        }
        files = new Path[0]; // if one cannot be mapped
        for (int member = 0; member < holders.length; member++) {
            long from = slices.start(member) * width;
            boolean isLast = slices.start(member) + slices.length(member) == slices.elements();
            long end = isLast ? whole.byteSize() : from + slices.length(member) * width;
            if (slices.length(member) > 0) {
                Mapping.place(whole.address() + from, end - from, holders[member], places[member] + from);
            }
        }
        bytes = length;
        files = holders.clone();
        offsets = places.clone();
    }
}
