package dev.pando.collectives;

import dev.pando.collectives.memory.Format;
import dev.pando.collectives.memory.Slices;
import dev.pando.training.step.Collective;
import dev.pando.training.step.ShardTree;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// All that members of a group can do together, beyond what a training step asks of a [Collective].
///
/// Rules of a [Collective] hold for everything here: an operation has the same number at every member, numbers rise, it
/// ends as an [Outcome], and what members give lies in their [#memory()] and stays untouched until the operation ends.
public interface Communicator extends Collective {
    /// An all-reduce of numbers in a format.
    Outcome allReduce(
            Deadline deadline,
            Operation operation,
            ShardTree tree,
            List<Partial> mine,
            MemorySegment result,
            Format format);

    /// Adds like an all-reduce; each member receives its slice of the sum, the elements from [#sliceStart(long, int,
    /// int)] of its rank up to that of the next.
    ///
    /// @param elements of each partial sum
    Outcome reduceScatter(
            Deadline deadline,
            Operation operation,
            ShardTree tree,
            List<Partial> mine,
            long elements,
            MemorySegment slice,
            Format format);

    /// Each member gives its slice, cut as by [#reduceScatter]; each receives all of them.
    ///
    /// @param result may hold the slice already, in its place
    Outcome allGather(Deadline deadline, Operation operation, MemorySegment slice, MemorySegment result, Format format);

    /// One member gives a span, and the others receive it.
    ///
    /// @param from name of the member that gives
    Outcome broadcast(Deadline deadline, Operation operation, String from, MemorySegment span, Format format);

    /// Ends when all members have come.
    Outcome barrier(Deadline deadline, Operation operation);

    /// Begins an all-reduce that goes on while the caller computes: a layer's gradient travels while the next one's is
    /// computed. A thread of the member's own carries out what was begun, in the order in which that was done; other
    /// operations, of this thread too, wait in line with it. Partial sums and result stay untouched until the end.
    Pending begin(
            Deadline deadline,
            Operation operation,
            ShardTree tree,
            List<Partial> mine,
            MemorySegment result,
            Format format);

    /// A span for results of all-reduces that the members of a host hold together: what one of them sums, the others
    /// read where it lies. No sum is copied, which from a few megabytes up doubles the speed.
    ///
    /// It can be read, not written, and only until this member asks for its next operation. If the others may go on
    /// under a newer epoch without this member, whatever was read counts only if [#isIntact()] afterwards.
    MemorySegment sharedResult(String name, long bytes);

    /// Whether shared results still hold what the last operation left there: as far as can be seen here, no member has
    /// gone on to an epoch that this member has not entered.
    boolean isIntact();

    /// First element of the slice of the member at this rank; for the rank after the last, the number of elements.
    static long sliceStart(long elements, int members, int rank) {
        return Slices.start(elements, members, rank, Slices.GRAIN);
    }

    /// An operation that goes on while its caller does other things. It must be awaited once, and is forgotten then.
    interface Pending {
        boolean isDone();

        /// Waits for the end, which the operation's deadline bounds.
        Outcome await();
    }
}
