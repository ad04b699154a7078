package dev.pando.training.step;

import dev.pando.training.tensor.Memory;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// What a training step asks of its neighbours: sums along the [ShardTree], and state for a newcomer.
///
/// One instance is one member. Operations block the calling device thread; `enter` and `leave` may come from any other
/// thread, and end what is blocked. What can happen to a healthy caller is a value ([Outcome]), not an exception.
public interface Collective extends AutoCloseable {
    /// Where others reach this member; opaque, and small enough for a control message.
    String address();

    /// Memory that the others can reduce from without a copy. Spans handed to [#allReduce] come from here.
    Memory memory();

    /// Joins the group as it is in an epoch. Operations of older epochs end with [Outcome.EpochOver], here and wherever
    /// their frames arrive late. Entering the current epoch again, or an older one, changes nothing.
    void enter(Membership membership);

    /// Adds what all members of the epoch hold along the tree; every member receives the sum of the root. Together the
    /// members hold every shard exactly once.
    ///
    /// @param operation the same at every member
    /// @param tree of the step
    /// @param mine partial sums of this member, untouched by the operation, so they can be offered again; may be empty
    /// @param result receives the sum; does not overlap any partial sum; of the same size as each of them
    Outcome allReduce(Deadline deadline, Operation operation, ShardTree tree, List<Partial> mine, MemorySegment result);

    /// Sends spans to one member, which receives as many bytes into its spans.
    Outcome send(Deadline deadline, Operation operation, String to, List<MemorySegment> spans);

    /// Receives spans from one member.
    Outcome receive(Deadline deadline, Operation operation, String from, List<MemorySegment> spans);

    /// Leaves for good: operations, blocked and future, end with [Outcome.EpochOver]. Memory stays until [#close].
    void leave();

    /// Leaves, and frees the memory. Nothing that runs may still touch it.
    @Override
    void close();

    /// The members of an epoch, in the order that all of them agree on.
    ///
    /// @param group name of the job
    /// @param epoch rising; only the job's supervisor opens one
    /// @param members in rank order
    record Membership(String group, long epoch, List<Member> members) {
        public Membership {
            members = List.copyOf(members);
        }
    }

    /// @param name unique in the group and never reused by a later incarnation
    /// @param address as its [Collective#address()] says
    record Member(String name, String address) {}

    /// What an operation is asked for: it ends with [Outcome.EpochOver] at once if its epoch is over when it begins.
    /// Without the epoch, work that was still under way when a newer one was entered would take part in that one with
    /// old numbers.
    ///
    /// @param epoch that was entered
    /// @param number of the operation within the epoch, rising, the same at every member that takes part
    record Operation(long epoch, long number) {}

    /// The sum over the shards of one subtree, of float32.
    record Partial(ShardTree.Node node, MemorySegment span) {}

    /// How long an operation may wait, and what for: the name is in the error.
    record Deadline(String name, long patienceNs) {}

    /// How an operation ended. Only after [Done] is the result defined.
    sealed interface Outcome {
        record Done() implements Outcome {}

        /// A newer epoch was entered meanwhile, or this member has left.
        record EpochOver(long current) implements Outcome {}

        /// A member is gone, on evidence: its image went, its process ended.
        record MemberLost(String member, String evidence) implements Outcome {}

        /// The deadline has passed, and no member is known to be gone.
        ///
        /// @param waitingFor members that had not come, at least one
        record TimedOut(List<String> waitingFor) implements Outcome {
            public TimedOut {
                waitingFor = List.copyOf(waitingFor);
            }
        }
    }
}
