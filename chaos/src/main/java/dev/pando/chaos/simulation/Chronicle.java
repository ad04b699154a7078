package dev.pando.chaos.simulation;

import dev.pando.chaos.judge.History;
import dev.pando.chaos.judge.Violation;
import dev.pando.chaos.simulation.world.Plan;
import java.util.List;

/// What became of a plan.
///
/// @param violations of the judge's rules; nothing if all is well
/// @param virtualNs that passed in the world
/// @param turns that were taken: the work it was
/// @param log every turn, a line each, where one was asked for
/// @param digest of every turn, the same whenever the plan is run again
public record Chronicle(
        Plan plan,
        History history,
        List<Violation> violations,
        long virtualNs,
        long turns,
        List<String> log,
        long digest) {
    public boolean isSound() {
        return violations.isEmpty();
    }

    /// The first rule that was broken, for people.
    public String verdict() {
        return isSound() ? "no rule is broken" : violations.getFirst().toString();
    }
}
