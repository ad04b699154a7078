package dev.pando.actors.stage;

import dev.pando.training.step.Collective;
import dev.pando.training.step.Collective.Deadline;
import dev.pando.training.step.Collective.Operation;
import dev.pando.training.step.Collective.Outcome;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// What a stage exchanges with its peers: sums, states, and spans of them.
///
/// Belongs to the stage's own thread, which waits for peers.
final class PeerExchange {
    private final String name;
    private final Collective collective;
    private final PartialSums partials;

    /// @param name of the worker
    PeerExchange(String name, Collective collective, PartialSums partials) {
        this.name = name;
        this.collective = collective;
        this.partials = partials;
    }

    /// The device computes nothing for the stage meanwhile, so the partial sums stay as they are.
    ///
    /// @param round of the partial sums
    Outcome sum(Deadline deadline, long epoch, long step, int round) {
        partials.holdOnly(step, round);
        return collective.allReduce(
                deadline, new Operation(epoch, step), partials.tree(), partials.sums().partials(), partials.sum());
    }

    Outcome send(Deadline deadline, Operation operation, String to, List<MemorySegment> state) {
        return collective.send(deadline, operation, to, state);
    }

    Outcome receive(Deadline deadline, Operation operation, String from, List<MemorySegment> state) {
        return collective.receive(deadline, operation, from, state);
    }

    /// Sends and receives spans, up to the first transfer that fails.
    Outcome run(OptimizerShardStore.Exchange exchange, Deadline deadline) {
        Outcome outcome = new Outcome.Done();
        for (OptimizerShardStore.Leg leg : exchange.legs()) {
            Operation operation = new Operation(exchange.epoch(), leg.operation());
            Deadline own = deadline(leg, deadline);
            outcome =
                    leg.transfer().from().equals(name)
                            ? collective.send(own, operation, leg.transfer().to(), leg.memory())
                            : collective.receive(own, operation, leg.transfer().from(), leg.memory());
            if (!(outcome instanceof Outcome.Done)) {
                return outcome;
            }
        }
        return outcome;
    }

    /// A silent peer may itself wait for a worker in an earlier transfer, which must be named first. The last transfer
    /// has twice the timeout of the first.
    private static Deadline deadline(OptimizerShardStore.Leg leg, Deadline first) {
        return new Deadline(first.name(), first.patienceNs() + (long) (leg.place() * first.patienceNs()));
    }
}
