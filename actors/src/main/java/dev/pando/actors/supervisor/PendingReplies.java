package dev.pando.actors.supervisor;

import dev.pando.actors.job.Inbox;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/// What a state of a supervisor waits for.
///
/// @param owing workers of whom an answer is due
/// @param pieces how many pieces of work the answer is worth
/// @param lost how it goes on without a worker that was lost
record PendingReplies(Supplier<Collection<String>> owing, int pieces, Function<String, Behavior<Inbox>> lost) {
    /// Pieces of work: a state is so much larger than a shard's gradient.
    static final int WHOLE_STATE = 20;

    static PendingReplies forNobody() {
        return new PendingReplies(List::of, 1, worker -> Behaviors.same());
    }
}
