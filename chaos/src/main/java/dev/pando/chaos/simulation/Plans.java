package dev.pando.chaos.simulation;

import dev.pando.chaos.faults.Dice;
import dev.pando.chaos.faults.FaultScript;
import dev.pando.chaos.simulation.world.Plan;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// Draws plans: each seed is another world with another handful of faults, all of which a run must survive.
public final class Plans {
    private static final List<String> VIOLENT =
            List.of("kill", "throw", "out of memory", "device error ecc", "device error xid 79", "hang");
    private static final List<String> MOMENTS =
            List.of(
                    "in compute",
                    "after compute",
                    "in reduce",
                    "after reduce",
                    "in vote",
                    "after vote",
                    "in apply",
                    "after apply",
                    "in rebuild",
                    "after rebuild");
    private static final List<String> GENTLE =
            List.of(
                    "stop any 300ms",
                    "stop any 4s",
                    "stop any 60s",
                    "delay any 100ms for 3 steps",
                    "delay any 5s",
                    "drop any 30 % for 5 steps",
                    "drop any 100 %",
                    "slow any x3 for 5 steps",
                    "slow any x30 for 2 steps",
                    "duplicate any for 5 steps",
                    "reorder any for 5 steps",
                    "gc pause 2s",
                    "clock jump any 2m",
                    "corrupt frame any",
                    "bit flip in wire of any");
    private static final List<String> STORE =
            List.of(
                    "disk full for 4 steps",
                    "torn write",
                    "slow disk x10",
                    "store down for 6 steps",
                    "bit flip in checkpoint");
    private static final List<String> NODE =
            List.of(
                    "kill node-%d",
                    "kill node-%d",
                    "hang node-%d",
                    "stop node-%d 2s",
                    "stop node-%d 30s",
                    "kill leader",
                    "kill leader",
                    "hang leader",
                    "stop leader 3s",
                    "stop leader 20s",
                    "leave node-%d",
                    "leave leader",
                    "journal down for 1%d steps");
    private static final List<String> EVENTS = List.of("votes", "applies", "reduces", "rebuilds", "computes");

    private static final List<String> TURNS = List.of("computes", "votes", "applies");

    private static final int SETTLED = 12; // steps, of which 8 are not poisoned

    private Plans() {}

    /// @param nodes of every plan; 0 where the seed decides
    public static Plan draw(long seed, int nodes) {
        int machines = nodes > 0 ? nodes : 1 + Dice.below(6, seed, 1);
        int devices = nodes > 8 ? 1 : 1 + Dice.below(3, seed, 2) / 2;
        int workers = machines * devices;
        long steps = 6L + Dice.below(15, seed, 3);
        int shards = workers + Dice.below(workers + 3, seed, 4);
        long every = 2L + Dice.below(6, seed, 5);
        FaultScript faults = FaultScript.parse(script(seed, machines, steps)).bind(seed, workers, steps);
        double end = Dice.uniform(seed, 20);
        Plan.Ending ending =
                end < 0.03 ? Plan.Ending.STOPPED : end < 0.05 ? Plan.Ending.CANCELLED : Plan.Ending.COMPLETE;
        return new Plan(seed, machines, devices, shards, steps, every, faults, ending);
    }

    private static String script(long seed, int machines, long steps) {
        List<String> faults = new ArrayList<>();
        int count = 1 + Dice.below(5, seed, 6);
        boolean doubted = false;
        boolean all = false;
        for (int i = 0; i < count; i++) {
            String at = " at step " + Dice.below((int) steps, seed, i, 7);
            double kind = Dice.uniform(seed, i, 8);
            if (kind < 0.35) {
                boolean atOnce = !all && Dice.uniform(seed, i, 9) < 0.15;
                all |= atOnce; // a job whose workers fail all the time gives up, and rightly
                String who = atOnce ? "all" : "any";
                faults.add(pick(VIOLENT, seed, i, 10) + target(seed, i, who) + at);
            } else if (kind < 0.45) {
                faults.add("kill any when any " + pick(EVENTS, seed, i, 11) + at);
            } else if (kind < 0.5 && !doubted) {
                doubted = true; // of two that slip alike one after the other it looks as if it were the data
                faults.add("nan loss on any" + at);
            } else if (kind < 0.7) {
                faults.add(pick(GENTLE, seed, i, 12) + at);
            } else if (kind < 0.8) {
                faults.add(pick(STORE, seed, i, 13) + at);
            } else if (kind < 0.93 && machines > 1) {
                faults.add(ofNodes(seed, i, machines, at));
            } else if (machines > 2) {
                faults.add(partition(seed, i, machines) + at);
            } else {
                faults.add(pick(VIOLENT, seed, i, 16) + target(seed, i, "any") + at);
            }
        }
        badNumbers(seed, steps, faults);
        return String.join(", ", faults);
    }

    /// Data that nobody can learn from, and a device that is wrong by far once the job knows what is usual.
    private static void badNumbers(long seed, long steps, List<String> into) {
        int poisoned = Math.max(0, Dice.below(12, seed, 25) - 8);
        for (int i = 0; i < poisoned; i++) {
            into.add("poisoned batch at step " + Dice.below((int) steps, seed, i, 26));
        }
        if (steps > SETTLED && Dice.uniform(seed, 27) < 0.3) {
            into.add("loss spike any x1000000 at step " + (SETTLED + Dice.below((int) steps - SETTLED, seed, 28)));
        }
    }

    private static String ofNodes(long seed, int i, int machines, String at) {
        if (Dice.uniform(seed, i, 22) < 0.06) {
            return IntStream.range(0, machines)
                    .mapToObj(machine -> "leave node-" + machine + at)
                    .collect(Collectors.joining(", "));
        }
        int number = Dice.below(machines, seed, i, 14); // of a node, or of steps
        String fault = pick(NODE, seed, i, 15).formatted(number);
        boolean inTheMiddle = fault.contains("leader") && Dice.uniform(seed, i, 23) < 0.6;
        return fault + (inTheMiddle ? " when any " + pick(TURNS, seed, i, 24) : "") + at;
    }

    private static String target(long seed, int i, String who) {
        return " " + who + " " + pick(MOMENTS, seed, i, 17);
    }

    private static String partition(long seed, int i, int machines) {
        int away = 1 + Dice.below((machines - 1) / 2, seed, i, 18);
        int first = Dice.below(machines, seed, i, 21); // anyone may be cut off, who leads as well
        List<String> ours = new ArrayList<>();
        List<String> theirs = new ArrayList<>();
        for (int machine = 0; machine < machines; machine++) {
            (machine < away ? theirs : ours).add("node-" + (first + machine) % machines);
        }
        return "partition "
                + String.join(", ", ours)
                + " | "
                + String.join(", ", theirs)
                + " for "
                + (1 + Dice.below(12, seed, i, 19))
                + " steps";
    }

    private static String pick(List<String> list, long seed, long... address) {
        long[] whole = new long[address.length + 1];
        System.arraycopy(address, 0, whole, 1, address.length);
        return list.get(Dice.below(list.size(), seed, whole));
    }
}
