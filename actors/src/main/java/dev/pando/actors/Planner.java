package dev.pando.actors;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/// Maps batch shards onto the workers that are up: a pure function, free to choose, since no placement changes a bit.
final class Planner {
    private Planner() {}

    /// A neighbouring run of shards for each worker, in proportion to its speed: neighbours need few partial sums.
    ///
    /// @param shardsPerSecond measured, of each worker; any positive number where nothing is known
    static SortedMap<String, List<Integer>> plan(int shards, SortedMap<String, Double> shardsPerSecond) {
        double all = shardsPerSecond.values().stream().mapToDouble(Double::doubleValue).sum();
        SortedMap<String, List<Integer>> plan = new TreeMap<>();
        double speedSoFar = 0;
        int next = 0;
        for (var entry : shardsPerSecond.entrySet()) {
            speedSoFar += entry.getValue();
            boolean isLast = entry.getKey().equals(shardsPerSecond.lastKey());
            int end = isLast ? shards : Math.clamp(Math.round(shards * speedSoFar / all), next, shards);
            List<Integer> run = new ArrayList<>();
            for (; next < end; next++) {
                run.add(next);
            }
            plan.put(entry.getKey(), run);
        }
        return plan;
    }

    /// Leaves to each worker what it has computed already, and hands out the rest.
    ///
    /// @param computed by some of the workers, no shard by two of them
    static SortedMap<String, List<Integer>> planAround(
            int shards, SortedMap<String, List<Integer>> computed, Collection<String> workers) {
        SortedSet<Integer> rest = new TreeSet<>();
        for (int shard = 0; shard < shards; shard++) {
            rest.add(shard);
        }
        computed.values().forEach(rest::removeAll);
        SortedMap<String, Integer> idle = new TreeMap<>();
        workers.forEach(worker -> idle.put(worker, 0));
        SortedMap<String, List<Integer>> plan = handOver(rest, idle);
        computed.forEach((worker, own) -> plan.computeIfAbsent(worker, _ -> new ArrayList<>()).addAll(own));
        return plan;
    }

    /// Hands orphaned shards, one by one, to whoever has the least left to do.
    ///
    /// @param owed shards that each survivor has yet to compute
    static SortedMap<String, List<Integer>> handOver(Collection<Integer> orphans, SortedMap<String, Integer> owed) {
        SortedMap<String, Integer> load = new TreeMap<>(owed);
        SortedMap<String, List<Integer>> plan = new TreeMap<>();
        SortedSet<Integer> inOrder = new java.util.TreeSet<>(orphans);
        for (Integer shard : inOrder) {
            String least = load.keySet().stream().min(Comparator.comparing(load::get)).orElseThrow();
            plan.computeIfAbsent(least, _ -> new ArrayList<>()).add(shard);
            load.merge(least, 1, Integer::sum);
        }
        return plan;
    }
}
