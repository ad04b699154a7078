package dev.pando.chaos.survival;

import dev.pando.chaos.faults.Effect;
import dev.pando.chaos.faults.Fault;
import dev.pando.chaos.faults.Injector;
import dev.pando.chaos.faults.Kind;
import dev.pando.chaos.faults.Target;
import dev.pando.chaos.faults.When;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/// A fault that is to strike a run of real processes: after a number of seconds, or once a step is in flight.
///
/// @param afterSeconds since the first step was committed; NaN where the step decides
/// @param step that must be in flight; 0 where the time decides
record Due(Fault fault, double afterSeconds, long step) {
    private static final Set<Kind> OF_NODES = EnumSet.of(Kind.KILL, Kind.HANG, Kind.STOP, Kind.GC_PAUSE);

    static Due atStep(Fault fault) {
        return new Due(fault, Double.NaN, fault.when() instanceof When.AtStep(long step) ? step : 0);
    }

    static Due after(double seconds, Fault fault) {
        return new Due(fault, seconds, 0);
    }

    boolean isNow(double seconds, long inFlight) {
        return Double.isNaN(afterSeconds) ? inFlight >= step : seconds >= afterSeconds;
    }

    /// Why a fault cannot be dealt to real processes; empty if it can.
    static Optional<String> refusal(Fault fault, int nodes) {
        String quoted = "\"" + fault + "\": ";
        if (!fault.effect().kind().isInjectedBy(Injector.RUN)) {
            return Optional.of(fault.notInjected(" into real processes"));
        }
        if (fault.when() instanceof When.OnEvent) {
            return Optional.of(quoted + "real processes are struck at a step or a rate, not at an event of a worker");
        }
        return switch (fault.target()) {
            case Target.Node(int number) when number < 1 || number > nodes ->
                    Optional.of(quoted + "the nodes are node-1 to node-" + nodes);
            case Target.Node _, Target.Leader _ when !OF_NODES.contains(fault.effect().kind()) ->
                    Optional.of(quoted + "a node can be killed, hang and be stopped; for this name a worker");
            case Target.Sides _ -> Optional.of(quoted + "real processes cannot be parted; `pando chaos simulate` does");
            default -> Optional.empty();
        };
    }

    /// Whether it is done to a whole process from outside.
    boolean isOfNode() {
        return fault.target() instanceof Target.Node
                || fault.target() instanceof Target.Leader
                || fault.effect() instanceof Effect.GcPause;
    }
}
