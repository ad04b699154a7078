package dev.pando.training.step;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.SortedSet;

/// The optimizer state of a trainer that has memory for some spans of it only, as in ZeRO-1 (Rajbhandari et al., 2020):
/// [Trainer#apply] updates the weights of the spans that are held here, and the workers that hold the others send
/// theirs.
///
/// A span is held by several workers; each computes the same update to the bit. Not thread-safe: the device's one
/// thread calls it, but memory that it has handed out may be read and written by another while nothing is applied.
public interface ShardedMoments {
    SpanCut cut();

    /// Spans whose moments are here.
    SortedSet<Integer> held();

    /// Holds these spans from here on, and no others; moments of new ones are 0.
    void hold(SortedSet<Integer> spans);

    /// Where the host reads the weights of spans, of any; or writes them, and says so by [#weightsWritten].
    List<MemorySegment> weights(SortedSet<Integer> spans);

    void weightsWritten(SortedSet<Integer> spans);

    /// Where the host reads first and second moments of spans that are held, in turn; or writes them, and says so by
    /// [#momentsWritten].
    List<MemorySegment> moments(SortedSet<Integer> spans);

    void momentsWritten(SortedSet<Integer> spans);
}
