package dev.pando.actors;

import dev.pando.actors.JobSupervisor.Command;
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
record Waiting(Supplier<Collection<String>> owing, int pieces, Function<String, Behavior<Command>> lost) {
    /// Pieces of work: a state is so much larger than a shard's gradient.
    static final int WHOLE_STATE = 20;

    static Waiting forNobody() {
        return new Waiting(List::of, 1, worker -> Behaviors.same());
    }
}
