package dev.pando.chaos.simulation;

import dev.pando.chaos.faults.FaultScript;
import dev.pando.chaos.simulation.world.Plan;
import dev.pando.chaos.simulation.world.Plan.Circumstances;
import dev.pando.chaos.simulation.world.Plan.Ending;

/// A history to be written down: a short job, what goes wrong in it, and what that waits for.
///
/// @param copies of each span of the moments; 0: optimizer state is whole
record Scene(int nodes, int checkpointEvery, int copies, Circumstances circumstances, String faults) {
    private static final long STEPS = 8;

    static Scene of(int nodes, int checkpointEvery, String faults) {
        return new Scene(nodes, checkpointEvery, 0, Circumstances.USUAL, faults);
    }

    /// This machine's devices refuse, and it leads in about half of the histories: a leader there outlives all workers.
    Scene unfit(int machine) {
        Circumstances now = circumstances;
        return with(
                new Circumstances(
                        now.ending(), now.endAfter(), machine, now.ambush(), now.ambushFrom(), now.ambushPaceMs()));
    }

    Scene copies(int ofMoments) {
        return new Scene(nodes, checkpointEvery, ofMoments, circumstances, faults);
    }

    /// @param endAfter number of events; 0: in the ambush, if there is one
    Scene ending(Ending ending, int endAfter) {
        Circumstances now = circumstances;
        return with(
                new Circumstances(ending, endAfter, now.unfit(), now.ambush(), now.ambushFrom(), now.ambushPaceMs()));
    }

    /// What strikes at a step waits until the supervisor has got to this state.
    Scene ambush(String state) {
        return ambush(state, 0);
    }

    /// @param from the first step at which it waits for it
    Scene ambush(String state, int from) {
        Circumstances now = circumstances;
        return with(new Circumstances(now.ending(), now.endAfter(), now.unfit(), state, from, now.ambushPaceMs()));
    }

    /// What strikes at a step does so for each step that much later.
    Scene each(int paceMs) {
        Circumstances now = circumstances;
        return with(
                new Circumstances(now.ending(), now.endAfter(), now.unfit(), now.ambush(), now.ambushFrom(), paceMs));
    }

    private Scene with(Circumstances other) {
        return new Scene(nodes, checkpointEvery, copies, other, faults);
    }

    Plan plan(long seed) {
        FaultScript script = FaultScript.parse(faults).bind(seed, nodes, STEPS);
        return new Plan(seed, nodes, 1, nodes + 1, STEPS, checkpointEvery, script, circumstances, copies);
    }
}
