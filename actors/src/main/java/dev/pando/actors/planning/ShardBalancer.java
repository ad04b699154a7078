package dev.pando.actors.planning;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.SortedMap;
import java.util.TreeMap;

/// Divides each step's batch shards so that unequal workers end together, by how long each took for one lately.
///
/// A division stays until others would have saved a tenth of the step for some steps in a row: noise moves nothing. A
/// worker that is too slow to get any shard is tried again now and then, the more seldom the slower it was.
public final class ShardBalancer {
    private static final double WORTH_A_CHANGE = 0.9; // of the step's time
    private static final int STEPS = 8; // in a row that speak for a change
    private static final double REST = 32; // trying a slow worker again costs a thirty-second of the time at most

    private final int shards;
    private final Map<String, WorkerSpeed> speeds = new TreeMap<>();
    private final Map<String, Integer> restingSteps = new TreeMap<>();
    private SortedMap<String, Integer> division = new TreeMap<>();
    private int stepsWorthAChange;

    public ShardBalancer(int shards) {
        this.shards = shards;
    }

    /// The worker has computed a batch shard of the step in flight.
    ///
    /// @param seconds that it took, 0 where that is not known
    public void computed(String worker, double seconds) {
        if (seconds > 0) {
            speeds.computeIfAbsent(worker, _ -> new WorkerSpeed()).computed(seconds);
        }
    }

    public void forget(String worker) {
        speeds.remove(worker);
        restingSteps.remove(worker);
    }

    /// What was computed since the last call was a step.
    public void endStep() {
        speeds.forEach((worker, speed) -> {
            if (!speed.endStep()) {
                restingSteps.merge(worker, 1, Integer::sum);
            } else if (restingSteps.containsKey(worker) && division.getOrDefault(worker, 0) > 0) {
                restingSteps.remove(worker);
            }
        });
    }

    /// Shards of the next step for each of the workers.
    public SortedMap<String, List<Integer>> plan(Collection<String> workers) {
        SortedMap<String, Double> seconds = secondsPerShard(workers);
        SortedMap<String, Integer> best = ShardPlanner.share(shards, seconds);
        boolean others = !division.keySet().equals(seconds.keySet());
        boolean worth =
                !others
                        && ShardPlanner.seconds(best, seconds)
                                < WORTH_A_CHANGE * ShardPlanner.seconds(division, seconds);
        stepsWorthAChange = worth ? stepsWorthAChange + 1 : 0;
        if (others || stepsWorthAChange >= STEPS) {
            division = best;
            stepsWorthAChange = 0;
        }
        return ShardPlanner.runs(withOneTriedAgain(seconds));
    }

    private SortedMap<String, Integer> withOneTriedAgain(SortedMap<String, Double> seconds) {
        double now = ShardPlanner.seconds(division, seconds);
        for (var entry : division.entrySet()) {
            String worker = entry.getKey();
            double costs = seconds.get(worker) / now;
            if (entry.getValue() == 0 && restingSteps.getOrDefault(worker, 0) >= REST * Math.max(1, costs)) {
                SortedMap<String, Integer> once = new TreeMap<>(division);
                String busiest =
                        once.keySet().stream()
                                .max((a, b) ->
                                        Double.compare(once.get(a) * seconds.get(a), once.get(b) * seconds.get(b)))
                                .orElseThrow();
                once.merge(busiest, -1, Integer::sum);
                once.put(worker, 1);
                speeds.get(worker).forgetAllButTheNext();
                restingSteps.put(worker, 0);
                return once;
            }
        }
        return division;
    }

    /// Seconds of each worker; for a worker without a measurement, the median of the others.
    public SortedMap<String, Double> secondsPerShard(Collection<String> workers) {
        SortedMap<String, Double> known = measured(workers);
        double middle = middle(known).orElse(1);
        SortedMap<String, Double> seconds = new TreeMap<>();
        workers.forEach(worker -> seconds.put(worker, known.getOrDefault(worker, middle)));
        return seconds;
    }

    /// Seconds of the workers that were measured.
    public SortedMap<String, Double> measured(Collection<String> workers) {
        SortedMap<String, Double> known = new TreeMap<>();
        for (String worker : workers) {
            WorkerSpeed speed = speeds.get(worker);
            if (speed != null) {
                speed.secondsPerShard(restingSteps.containsKey(worker))
                        .ifPresent(seconds -> known.put(worker, seconds));
            }
        }
        return known;
    }

    /// What the middle one of them takes; of an even number of them the faster one of the two.
    static OptionalDouble middle(SortedMap<String, Double> seconds) {
        return seconds.values().stream()
                .mapToDouble(Double::doubleValue)
                .sorted()
                .skip((seconds.size() - 1) / 2)
                .findFirst();
    }
}
