package dev.pando.evaluation.plan;

import dev.pando.training.tensor.CounterRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Makespans of many suites of 63 sets, drawn as an LLM datacenter has them: device time log-normal with median 120 s
/// and 90th percentile 1,200 s; 15 of 100 sets run code, 19 % of their time; 5 of 100 have a judge, up to 30 minutes.
///
/// Loading takes 36 s where every trial does it, and 5 s once.
///
/// @param overBound median of the decoupled plan's makespan over its lower bound
/// @param worstOverBound the largest
/// @param soonerThanTrials median of one trial a set over the decoupled plan
/// @param soonerThanWholeSets median of whole sets in turn over the decoupled plan
public record Simulation(
        int devices,
        int seeds,
        double overBound,
        double worstOverBound,
        double soonerThanTrials,
        double soonerThanWholeSets) {
    private static final int SETS = 63;
    private static final double MEDIAN_SECONDS = 120;
    private static final double SPREAD = StrictMath.log(10) / 1.2815515655446004; // the normal's 90th percentile
    private static final double LOAD_EACH = 36;
    private static final double LOAD_ONCE = 5;

    public static Simulation of(int devices, int seeds) {
        double[] overBound = new double[seeds];
        double[] trials = new double[seeds];
        double[] whole = new double[seeds];
        for (int seed = 0; seed < seeds; seed++) {
            List<Workload> sets = sets(seed);
            double mine = Plan.decoupled(sets, devices, LOAD_ONCE).makespan();
            overBound[seed] = mine / Plan.bound(sets, devices, LOAD_ONCE);
            trials[seed] = Plan.oneTrialEach(sets, devices, LOAD_EACH).makespan() / mine;
            whole[seed] = Plan.wholeSets(sets, devices, LOAD_ONCE).makespan() / mine;
        }
        return new Simulation(
                devices,
                seeds,
                median(overBound),
                Arrays.stream(overBound).max().orElseThrow(),
                median(trials),
                median(whole));
    }

    static List<Workload> sets(long seed) {
        List<Workload> sets = new ArrayList<>();
        for (int i = 0; i < SETS; i++) {
            double seconds =
                    MEDIAN_SECONDS
                            * StrictMath.exp(SPREAD * CounterRandom.normal(CounterRandom.key(seed, "seconds"), i));
            double kind = CounterRandom.uniform(CounterRandom.key(seed, "kind"), i);
            double judge = 1800 * CounterRandom.uniform(CounterRandom.key(seed, "judge"), i);
            double tail = kind <= 0.15 ? seconds * 0.19 / 0.81 : kind <= 0.2 ? judge : 0;
            sets.add(new Workload("set-" + i, seconds, tail));
        }
        return sets;
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
    }
}
