package dev.pando.chaos.simulation.planted;

import dev.pando.chaos.simulation.Chronicle;
import dev.pando.chaos.simulation.Plans;
import dev.pando.chaos.simulation.Simulator;

/// Looks for one bug, in the class loader that it was planted in: seed after seed, until a history breaks a rule.
public final class Hunt implements PlantedBugs.Hunter {
    @Override
    public String hunt(String name, long first, long last) {
        Bugs.Bug bug = Bugs.all().stream().filter(each -> each.name().equals(name)).findFirst().orElseThrow();
        try (Simulator simulator = new Simulator()) {
            for (long seed = first; seed <= last; seed++) {
                Chronicle chronicle = simulator.run(Plans.draw(seed, 0), bug.tampering().get(), false);
                if (!chronicle.isSound()) {
                    return seed + "\t" + chronicle.violations().getFirst().rule();
                }
            }
        }
        return "";
    }
}
