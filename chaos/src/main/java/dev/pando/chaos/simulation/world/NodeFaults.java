package dev.pando.chaos.simulation.world;

import dev.pando.chaos.faults.Effect;
import dev.pando.chaos.faults.Fault;
import dev.pando.chaos.faults.Target;
import dev.pando.chaos.faults.When;
import dev.pando.chaos.simulation.engine.Engine;
import dev.pando.chaos.simulation.engine.Node;
import java.util.ArrayList;
import java.util.List;

/// The faults of a script that strike whole nodes and the network between them: none of them can be injected into a
/// device.
final class NodeFaults {
    private static final int DELAY = 51;
    private static final int NOTICED = 52;
    private static final int AGAIN = 53;
    private static final long STEP_NS = 700_000_000;
    private static final long NOTICED_NS = 3_000_000_000L;
    private static final long AGAIN_NS = 10_000_000_000L;
    private static final long DOWN_AFTER_NS = 7_000_000_000L;

    private final SimulatedWorld world;
    private final Engine engine;
    private final List<Fault> due;
    private long healedNs;

    NodeFaults(SimulatedWorld world, List<Fault> faults) {
        this.world = world;
        this.engine = world.engine();
        this.due = new ArrayList<>(faults);
    }

    static boolean isOne(Fault fault) {
        return switch (fault.effect()) {
            case Effect.Partition _, Effect.ClockJump _, Effect.JournalDown _ -> true;
            default -> fault.target() instanceof Target.Node || fault.target() instanceof Target.Leader;
        };
    }

    /// Some worker computes this step.
    void reached(long step) {
        for (Fault fault : List.copyOf(due)) {
            if (fault.when() instanceof When.AtStep(long from) && step >= from) {
                due.remove(fault);
                long delayNs = Long.remainderUnsigned(engine.dice(DELAY, fault.toString().hashCode()), STEP_NS);
                engine.after(delayNs, null, fault.toString().hashCode(), () -> strike(fault));
            }
        }
    }

    private void strike(Fault fault) {
        world.struck(fault, "\"" + fault + "\" strikes");
        switch (fault.effect()) {
            case Effect.Kill() -> running(fault).forEach(node -> kill(node, dice(NOTICED, fault, NOTICED_NS)));
            case Effect.Hang() ->
                    running(fault)
                            .forEach(node -> {
                                node.pause();
                                engine.after(DOWN_AFTER_NS, null, node.number(), () -> kill(node, 0));
                            });
            case Effect.Stop(var duration) ->
                    running(fault)
                            .forEach(node -> {
                                node.pause();
                                engine.after(duration.toNanos(), null, node.number(), node::resume);
                            });
            case Effect.Partition(long steps) -> part(fault, steps);
            default -> {} // a wall clock that jumps moves nothing here
        }
    }

    private List<Node> running(Fault fault) {
        return world.machines(fault.target()).stream().map(world::running).filter(node -> !node.isDead()).toList();
    }

    /// A process ends; another one follows on its machine after a while.
    private void kill(Node node, long noticedAfterNs) {
        if (node.isDead()) {
            return;
        }
        world.kill(node, noticedAfterNs);
        long againNs = noticedAfterNs + Long.remainderUnsigned(engine.dice(AGAIN, node.name().hashCode()), AGAIN_NS);
        engine.after(againNs, null, node.number(), () -> world.start(node.number()));
    }

    private void part(Fault fault, long steps) {
        if (!(fault.target() instanceof Target.Sides(var sides)) || !world.network().isWhole()) {
            return;
        }
        List<List<Integer>> machines =
                sides.stream()
                        .map(side -> side.stream().flatMap(target -> world.machines(target).stream()).toList())
                        .toList();
        world.network().cut(machines);
        long lengthNs = steps * STEP_NS * 2;
        healedNs = engine.nowNs() + lengthNs;
        engine.after(
                lengthNs,
                null,
                steps,
                () -> {
                    world.struck(fault, "\"" + fault + "\" is over");
                    world.network().heal();
                    world.hub().stir();
                });
        if (lengthNs > DOWN_AFTER_NS) {
            // Whoever cannot hear the majority for so long ends itself.
            machines.stream()
                    .skip(1)
                    .flatMap(List::stream)
                    .map(world::running)
                    .forEach(node -> engine.after(DOWN_AFTER_NS, null, node.number(), () -> kill(node, 0)));
        }
    }

    /// How long what sets out now across the cut is held up.
    long untilHealedNs() {
        return Math.max(0, healedNs - engine.nowNs());
    }

    private long dice(int what, Fault fault, long below) {
        return Long.remainderUnsigned(engine.dice(what, fault.toString().hashCode()), below);
    }
}
