package dev.pando.chaos.simulation.world;

import dev.pando.chaos.faults.Effect;
import dev.pando.chaos.faults.Fault;
import dev.pando.chaos.faults.Phase;
import dev.pando.chaos.faults.Target;
import dev.pando.chaos.faults.When;
import dev.pando.chaos.simulation.engine.Engine;
import dev.pando.chaos.simulation.engine.Node;
import dev.pando.chaos.simulation.engine.World;
import java.util.ArrayList;
import java.util.List;

/// The faults of a script that strike whole nodes and the network between them: none of them can be injected into a
/// device.
final class NodeFaults {
    private static final int DELAY = 51;
    private static final int NOTICED = 52;
    private static final int AGAIN = 53;
    private static final int KNOWS = 54;
    private static final int FAILS = 55;
    private static final int DOWN = 56;
    private static final int EARLY = 57;
    private static final long EARLY_NS = 2_000_000_000L;
    private static final long KNOWS_NS = 1_000_000_000L;
    private static final long STEP_NS = 700_000_000;
    private static final long MESSAGES_NS = 5_000_000;
    private static final long LEAVING_NS = 20_000_000_000L;
    private static final long NOTICED_NS = 3_000_000_000L;
    private static final long AGAIN_NS = 10_000_000_000L;
    private static final long DOWN_AFTER_NS = 7_000_000_000L;

    private final SimulatedWorld world;
    private final Engine engine;
    private final List<Fault> due;
    private final String ambush;
    private final long ambushPaceNs;
    private long healedNs;
    private long journalUpNs;
    private boolean journalFails;
    private long furthest; // step that any node got to

    NodeFaults(SimulatedWorld world, List<Fault> faults) {
        this.world = world;
        this.engine = world.engine();
        this.due = new ArrayList<>(faults);
        this.ambush = world.plan().circumstances().ambush();
        this.ambushPaceNs = world.plan().circumstances().ambushPaceMs() * 1_000_000L;
    }

    static boolean isOne(Fault fault) {
        return switch (fault.effect()) {
            case Effect.Partition _, Effect.ClockJump _, Effect.JournalDown _, Effect.Leave _ -> true;
            default -> fault.target() instanceof Target.Node || fault.target() instanceof Target.Leader;
        };
    }

    /// The supervisor has got to the state that the faults wait for.
    void ambush() {
        for (Fault fault : List.copyOf(due)) {
            if (fault.when() instanceof When.AtStep(long steps)) {
                due.remove(fault);
                long delayNs = steps * ambushPaceNs + dice(DELAY, fault, MESSAGES_NS);
                engine.after(delayNs, null, fault.toString().hashCode(), () -> strike(fault));
            }
        }
    }

    /// The world begins. Of the faults of the first step every other one strikes before it, while the job looks for its
    /// workers.
    void begin() {
        for (Fault fault : List.copyOf(due)) {
            if (ambush.isEmpty() && fault.when().equals(new When.AtStep(0)) && dice(EARLY, fault, 2) == 0) {
                due.remove(fault);
                engine.after(dice(DELAY, fault, EARLY_NS), null, fault.toString().hashCode(), () -> strike(fault));
            }
        }
    }

    /// A worker gets to this phase of this step; or the store does, which has no name.
    void reached(String worker, Phase phase, long step) {
        furthest = Math.max(furthest, step);
        for (Fault fault : due.isEmpty() ? due : List.copyOf(due)) {
            long withinNs = withinNs(fault, worker, phase, step);
            if (withinNs > 0) {
                due.remove(fault);
                long delayNs = dice(DELAY, fault, withinNs);
                engine.after(delayNs, null, fault.toString().hashCode(), () -> strike(fault));
            }
        }
    }

    /// How soon the fault strikes after this: within a step of one, or within a message or two of an event.
    private long withinNs(Fault fault, String worker, Phase phase, long step) {
        return switch (fault.when()) {
            case When.AtStep(long from) -> ambush.isEmpty() && phase == Phase.COMPUTE && step >= from ? STEP_NS : 0;
            case When.OnEvent(Target who, Phase awaited, long from) ->
                    phase == awaited && step >= from && isMeant(who, worker) ? MESSAGES_NS : 0;
            case When.AtRate _ -> throw new IllegalStateException("\"" + fault + "\" is not bound");
        };
    }

    /// The newest step that any node got to: it stands for nodes without a step.
    long step() {
        return furthest;
    }

    private static boolean isMeant(Target who, String worker) {
        return who instanceof Target.Worker named
                ? named.isMeantBy(worker)
                : who instanceof Target.Any || who instanceof Target.Store;
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
                                stop(node, duration.toNanos());
                            });
            case Effect.Partition(long steps) -> part(fault, steps);
            case Effect.Leave() -> running(fault).forEach(this::leave);
            case Effect.ClockJump(var duration) ->
                    world.machines(fault.target()).forEach(machine -> world.clock(machine).jump(duration));
            case Effect.JournalDown(long steps) -> {
                journalUpNs = engine.nowNs() + steps * STEP_NS;
                journalFails = dice(FAILS, fault, 2) == 0;
            }
            default -> throw new IllegalStateException("\"" + fault + "\" does not strike nodes");
        }
    }

    /// A node that stands still for long is put out; it notices when it continues, not at once, and restarts.
    private void stop(Node node, long durationNs) {
        boolean isPutOut = durationNs > DOWN_AFTER_NS;
        if (isPutOut) {
            engine.after(DOWN_AFTER_NS, null, node.number(), () -> world.putOut(node));
        }
        engine.after(
                durationNs,
                null,
                node.number(),
                () -> {
                    node.resume();
                    if (isPutOut) {
                        long untilItKnowsNs = Long.remainderUnsigned(engine.dice(KNOWS, node.number()), KNOWS_NS);
                        engine.after(untilItKnowsNs, null, node.number(), () -> kill(node, 0));
                    }
                });
    }

    /// How the journal answers a call: late or not at all while it is down.
    World.Journal journal(long number) {
        long leftNs = journalUpNs - engine.nowNs();
        if (leftNs <= 0) {
            return new World.Journal(0, false);
        }
        return journalFails ? new World.Journal(0, true) : new World.Journal(leftNs, false);
    }

    /// The process ends once nothing of a job is in its hands, or when the wait is over.
    private void leave(Node node) {
        world.askToLeave(node, () -> kill(node, 0));
        engine.after(LEAVING_NS, null, node.number(), () -> kill(node, 0));
    }

    private List<Node> running(Fault fault) {
        return world.machines(fault.target()).stream().flatMap(world::running).filter(node -> !node.isDead()).toList();
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
        world.grove().cut();
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
            // A node without contact to the majority for this long ends itself; the majority continues without asking.
            machines.stream()
                    .skip(1)
                    .flatMap(List::stream)
                    .flatMap(world::running)
                    .forEach(node -> {
                        engine.after(downNs(node, 0), null, node.number(), () -> kill(node, 0));
                        engine.after(downNs(node, 1), null, node.number(), () -> world.putOut(node));
                    });
        }
    }

    private long downNs(Node node, int who) {
        return DOWN_AFTER_NS + Long.remainderUnsigned(engine.dice(DOWN, node.number(), who), KNOWS_NS);
    }

    /// How long what sets out now across the cut is held up.
    long untilHealedNs() {
        return Math.max(0, healedNs - engine.nowNs());
    }

    private long dice(int what, Fault fault, long below) {
        return Long.remainderUnsigned(engine.dice(what, fault.toString().hashCode()), below);
    }
}
