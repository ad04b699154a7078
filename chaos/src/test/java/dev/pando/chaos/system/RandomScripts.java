package dev.pando.chaos.system;

import dev.pando.chaos.faults.Dice;
import java.util.ArrayList;
import java.util.List;

/// Fault scripts by the seed: a handful of faults that a run must survive with the same bits.
final class RandomScripts {
    private static final List<String> VIOLENT = List.of("kill", "throw", "out of memory", "device error ecc");
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
                    "delay any 100ms for 3 steps",
                    "slow any x2 for 5 steps",
                    "duplicate any for 5 steps",
                    "reorder any for 5 steps",
                    "gc pause 200ms",
                    "slow disk x3");

    private RandomScripts() {}

    static String script(long seed, long steps) {
        List<String> faults = new ArrayList<>();
        int count = 1 + Dice.below(4, seed, 2);
        for (int i = 0; i < count; i++) {
            String at = " at step " + Dice.below((int) steps, seed, i, 3);
            double kind = Dice.uniform(seed, i, 4);
            if (kind < 0.6) {
                String who = Dice.uniform(seed, i, 5) < 0.15 ? "all" : "any";
                faults.add(pick(VIOLENT, seed, i, 6) + " " + who + " " + pick(MOMENTS, seed, i, 7) + at);
            } else if (kind < 0.7) {
                faults.add("hang any " + pick(MOMENTS, seed, i, 7) + at);
            } else if (kind < 0.75) {
                faults.add("kill any when any " + pick(List.of("votes", "applies", "reduces"), seed, i, 8) + at);
            } else {
                faults.add(pick(GENTLE, seed, i, 9) + at);
            }
        }
        return String.join(", ", faults);
    }

    private static String pick(List<String> list, long seed, long... address) {
        long[] whole = new long[address.length + 1];
        System.arraycopy(address, 0, whole, 1, address.length);
        return list.get(Dice.below(list.size(), seed, whole));
    }
}
