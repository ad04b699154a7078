package dev.pando.chaos.simulation;

import dev.pando.chaos.faults.Fault;
import dev.pando.chaos.simulation.world.Plan;
import dev.pando.chaos.simulation.world.Tampering;
import java.util.ArrayList;
import java.util.List;

/// Makes a plan that goes wrong small: fewer faults, then a shorter job, as long as a rule is broken.
public final class Shrinker {
    private static final int MOST_TRIES = 80;

    private final Simulator simulator;
    private final Tampering tampering;
    private int tries;

    public Shrinker(Simulator simulator, Tampering tampering) {
        this.simulator = simulator;
        this.tampering = tampering;
    }

    /// @param broken a plan that breaks a rule
    /// @return one that is no larger and breaks a rule too, though maybe another
    public Plan shrink(Plan broken) {
        tries = 0;
        Plan small = withFewerFaults(broken);
        for (long steps = small.steps() / 2; steps >= 1; steps /= 2) {
            Plan shorter = small.withSteps(steps);
            if (breaks(shorter)) {
                small = shorter;
            }
        }
        for (int shards = small.shards() / 2; shards >= 1; shards /= 2) {
            Plan narrower = small.withShards(shards);
            if (breaks(narrower)) {
                small = narrower;
            }
        }
        return small;
    }

    private Plan withFewerFaults(Plan broken) {
        Plan small = broken;
        for (int i = small.faults().faults().size() - 1; i >= 0; i--) {
            List<Fault> fewer = new ArrayList<>(small.faults().faults());
            fewer.remove(i);
            Plan without = small.with(fewer);
            if (breaks(without)) {
                small = without;
            }
        }
        return small;
    }

    private boolean breaks(Plan plan) {
        return tries++ < MOST_TRIES && !simulator.run(plan, tampering, false).isSound();
    }
}
