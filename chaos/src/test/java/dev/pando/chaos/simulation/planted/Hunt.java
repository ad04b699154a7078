package dev.pando.chaos.simulation.planted;

import dev.pando.chaos.simulation.Chronicle;
import dev.pando.chaos.simulation.Plans;
import dev.pando.chaos.simulation.Simulator;
import java.util.function.BiFunction;

/// Looks for one bug, in the class loader that it was planted in: seed after seed, until a history breaks a rule.
public final class Hunt implements BiFunction<String, Long, String> {
    /// @return the seed and the rule that it breaks, or nothing if none of so many does
    @Override
    public String apply(String name, Long seeds) {
        Bugs.Bug bug = Bugs.all().stream().filter(each -> each.name().equals(name)).findFirst().orElseThrow();
        try (Simulator simulator = new Simulator()) {
            for (long seed = 1; seed <= seeds; seed++) {
                Chronicle chronicle = simulator.run(Plans.draw(seed, 0), bug.tampering().get(), false);
                if (!chronicle.isSound()) {
                    return seed + "\t" + chronicle.violations().getFirst().rule();
                }
            }
        }
        return "";
    }
}
