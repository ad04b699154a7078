package dev.pando.actors.supervisor;

import java.util.Collection;
import java.util.List;
import java.util.function.Supplier;

/// The replies that a state of a supervisor waits for.
///
/// @param owing workers that have yet to reply
/// @param pieces how many pieces of work a reply is worth
record PendingReplies(Supplier<Collection<String>> owing, int pieces) {
    /// Pieces of work: a state is that much larger than the gradient of a shard.
    static final int WHOLE_STATE = 20;

    static PendingReplies none() {
        return new PendingReplies(List::of, 1);
    }
}
