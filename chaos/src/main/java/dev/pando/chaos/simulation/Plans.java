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

    /// What a node's fault may wait for: the moments at which most is in the balance.
    private static final List<String> TURNS =
            List.of(
                    "any computes",
                    "any votes",
                    "any votes",
                    "any applies",
                    "any reduces",
                    "any rebuilds",
                    "the store saves",
                    "the store saves",
                    "the store loads");

    private static final int MOST_THAT_SHARD = 64; // workers: each one knows of all that moves
    private static final int SETTLED = 12; // steps, of which 8 are not poisoned

    private Plans() {}

    /// The least seed of a plan that is written, and not drawn; they are those below 0.
    public static long firstWritten() {
        return -WrittenPlans.number();
    }

    /// @param seed below 0 for a plan that is written
    /// @param nodes of every plan; 0 where the seed decides
    public static Plan draw(long seed, int nodes) {
        if (seed < 0 && nodes == 0) {
            return WrittenPlans.plan(seed);
        }
        int machines = nodes > 0 ? nodes : 1 + Dice.below(6, seed, 1);
        int devices = nodes > 8 ? 1 : 1 + Dice.below(3, seed, 2) / 2;
        int workers = machines * devices;
        long steps = 6L + Dice.below(15, seed, 3);
        int shards = workers + Dice.below(workers + 3, seed, 4);
        long every = 2L + Dice.below(6, seed, 5);
        boolean ambush = nodes == 0 && Dice.uniform(seed, 51) < 0.25;
        String script = script(seed, machines, steps) + (ambush ? ", " + trap(seed, machines, workers, steps) : "");
        FaultScript faults = FaultScript.parse(script).bind(seed, workers, steps);
        Plan.Circumstances circumstances =
                ambush ? ambush(seed, machines, workers) : usual(seed, machines, (int) steps);
        return new Plan(
                seed, machines, devices, shards, steps, every, faults, circumstances, optimizerCopies(seed, workers));
    }

    /// One job in five shards its optimizer state. Everything else that a seed decides it decides as if it did not.
    private static int optimizerCopies(long seed, int workers) {
        boolean sharded = workers <= MOST_THAT_SHARD && Dice.uniform(seed, 60) < 0.2;
        return sharded ? 1 + Dice.below(3, seed, 61) : 0;
    }

    private static Plan.Circumstances usual(long seed, int machines, int steps) {
        boolean someRefuse = machines > 1 && Dice.uniform(seed, 45) < 0.05;
        int endAfter = Math.max(0, Dice.below(5 * steps, seed, 46) - steps); // often at once
        int unfit = someRefuse ? Dice.below(machines, seed, 47) : -1;
        return new Plan.Circumstances(ending(seed, 0.05), endAfter, unfit, "", 0, 0);
    }

    /// All waits for a state that the supervisor may never get to, or for a moment only.
    private static Plan.Circumstances ambush(long seed, int machines, int workers) {
        int unfit = machines > 1 && Dice.uniform(seed, 45) < 0.4 ? Dice.below(machines, seed, 47) : -1;
        return new Plan.Circumstances(ending(seed, 0.3), 0, unfit, state(seed, workers), 0, 0);
    }

    private static String state(long seed, int workers) {
        return pick(Moves.ofSupervisors(optimizerCopies(seed, workers) > 0), seed, 52);
    }

    private static Plan.Ending ending(long seed, double probability) {
        double end = Dice.uniform(seed, 20);
        return end < probability
                ? Plan.Ending.STOPPED
                : end < 2 * probability ? Plan.Ending.CANCELLED : Plan.Ending.COMPLETE;
    }

    /// What leads the supervisor to where it is waited for, and what strikes it there.
    private static String trap(long seed, int machines, int workers, long steps) {
        String at = " at step " + Dice.below((int) steps, seed, 56);
        String lure =
                switch (state(seed, workers)) {
                    case "cutOff" -> machines > 2 ? partition(seed, 57, machines) + " when any votes" + at : "";
                    case "awaitingWriter" -> "slow disk x10 at step 0, throw all in compute" + at;
                    case "recovering", "loading", "waitingForWorkers" -> "throw all in compute" + at;
                    case "awaitingReport", "receiving" -> "throw any in compute" + at;
                    case "surveying", "opening", "gathering" -> "kill leader when any votes" + at;
                    case "pausing" -> "disk full for 30 steps at step " + Math.max(0, steps - 2);
                    case "savingTheLastCopy" ->
                            IntStream.range(0, machines)
                                    .mapToObj(machine -> "leave node-" + machine + " when any computes" + at)
                                    .collect(Collectors.joining(", "));
                    default -> "";
                };
        return lure.isEmpty() ? ofAll(seed, machines) : lure + ", " + ofAll(seed, machines);
    }

    /// Faults that strike all at once.
    private static String ofAll(long seed, int machines) {
        String fault = pick(List.of("kill", "leave", "kill", "stop", "none"), seed, 53);
        if (fault.equals("none")) {
            return pick(STORE, seed, 54) + " at step 0";
        }
        int spared = Dice.below(machines + 1, seed, 55);
        return IntStream.range(0, machines)
                .filter(machine -> machine != spared || machines == 1)
                .mapToObj(machine -> fault + " node-" + machine + (fault.equals("stop") ? " 3s" : "") + " at step 0")
                .collect(Collectors.joining(", "));
    }

    /// In a third of the worlds nearly all faults strike at about the same time: two of them together find what none
    /// would alone.
    private static String script(long seed, int machines, long steps) {
        List<String> faults = new ArrayList<>();
        int count = 1 + Dice.below(5, seed, 6);
        boolean together = Dice.uniform(seed, 48) < 0.33;
        int focus = Dice.below((int) steps, seed, 49);
        boolean doubted = false;
        boolean all = false;
        for (int i = 0; i < count; i++) {
            int step = together && Dice.below(8, seed, i, 50) > 0 ? focus + i % 2 : Dice.below((int) steps, seed, i, 7);
            String at = " at step " + step;
            double kind = Dice.uniform(seed, i, 8);
            if (kind < 0.3) {
                boolean atOnce = !all && Dice.uniform(seed, i, 9) < 0.15;
                all |= atOnce; // a job whose workers fail all the time gives up, and rightly
                String who = atOnce ? "all" : "any";
                faults.add(pick(VIOLENT, seed, i, 10) + target(seed, i, who) + at);
            } else if (kind < 0.4) {
                faults.add("kill any when any " + pick(EVENTS, seed, i, 11) + at);
            } else if (kind < 0.45 && !doubted) {
                doubted = true; // of two that slip alike one after the other it looks as if it were the data
                faults.add("nan loss on any" + at);
            } else if (kind < 0.62) {
                faults.add(pick(GENTLE, seed, i, 12) + at);
            } else if (kind < 0.72) {
                faults.add(pick(STORE, seed, i, 13) + at);
            } else if (kind < 0.92 && machines > 1) {
                faults.add(ofNodes(seed, i, machines, at));
            } else if (machines > 2) {
                faults.add(partition(seed, i, machines) + when(seed, i, 0.3) + at);
            } else {
                faults.add(pick(VIOLENT, seed, i, 16) + target(seed, i, "any") + at);
            }
        }
        badNumbers(seed, steps, faults);
        return String.join(", ", faults);
    }

    /// Data that gives no finite loss, and a device that is wrong by far once the job knows what is usual.
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
        if (Dice.uniform(seed, i, 22) < 0.1) {
            return IntStream.range(0, machines)
                    .mapToObj(machine -> "leave node-" + machine + at)
                    .collect(Collectors.joining(", "));
        }
        int number = Dice.below(machines, seed, i, 14); // of a node, or of steps
        String fault = pick(NODE, seed, i, 15).formatted(number);
        return fault + (fault.startsWith("journal") ? "" : when(seed, i, fault.contains("leader") ? 0.6 : 0.3)) + at;
    }

    /// In the middle of something, with this probability.
    private static String when(long seed, int i, double probability) {
        return Dice.uniform(seed, i, 23) < probability ? " when " + pick(TURNS, seed, i, 24) : "";
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
