package dev.pando.chaos.injection;

import dev.pando.chaos.faults.Fault;
import dev.pando.chaos.faults.Moment;

/// A fault that struck.
///
/// @param who it struck: `worker-2#2`, or `the store`
/// @param step at which it did, which may be later than the fault asked for
public record Firing(Fault fault, String who, long step, Moment moment) {
    @Override
    public String toString() {
        return "\"" + fault + "\" struck " + who + " " + moment + " of step " + step;
    }
}
