package dev.pando.actors.planning;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/// Maps batch shards onto the workers that are up: pure functions, free to choose, since no placement changes a bit.
public final class ShardPlanner {
    /// A worker, and when it would be done with one shard more.
    private record Load(String worker, int shards, double secondsPerShard) {
        double end() {
            return (shards + 1) * secondsPerShard;
        }
    }

    private static final Comparator<Load> SOONEST = Comparator.comparingDouble(Load::end).thenComparing(Load::worker);

    private ShardPlanner() {}

    /// How many shards each worker gets, so that the last one is done as soon as can be. One that would hold up all
    /// others gets none.
    ///
    /// @param secondsPerShard of each worker; any positive number, the same for all, where nothing is known
    static SortedMap<String, Integer> share(int shards, SortedMap<String, Double> secondsPerShard) {
        SortedMap<String, Integer> shares = new TreeMap<>();
        secondsPerShard.keySet().forEach(worker -> shares.put(worker, 0));
        for (String worker : soonest(shards, shares, secondsPerShard)) {
            shares.merge(worker, 1, Integer::sum);
        }
        return shares;
    }

    /// A neighbouring run of shards for each worker, as many as it gets: neighbours need few partial sums.
    static SortedMap<String, List<Integer>> runs(SortedMap<String, Integer> shares) {
        SortedMap<String, List<Integer>> runs = new TreeMap<>();
        int next = 0;
        for (var entry : shares.entrySet()) {
            List<Integer> run = new ArrayList<>();
            for (int i = 0; i < entry.getValue(); i++) {
                run.add(next++);
            }
            runs.put(entry.getKey(), run);
        }
        return runs;
    }

    /// Leaves to each worker what it has computed already, and hands out the rest.
    ///
    /// @param computed by some of the workers, no shard by two of them
    /// @param secondsPerShard of all workers
    public static SortedMap<String, List<Integer>> planAround(
            int shards, SortedMap<String, List<Integer>> computed, SortedMap<String, Double> secondsPerShard) {
        SortedSet<Integer> rest = new TreeSet<>();
        for (int shard = 0; shard < shards; shard++) {
            rest.add(shard);
        }
        computed.values().forEach(rest::removeAll);
        SortedMap<String, Integer> idle = new TreeMap<>();
        secondsPerShard.keySet().forEach(worker -> idle.put(worker, 0));
        SortedMap<String, List<Integer>> plan = handOver(rest, idle, secondsPerShard);
        computed.forEach((worker, own) -> plan.computeIfAbsent(worker, _ -> new ArrayList<>()).addAll(own));
        return plan;
    }

    /// Hands orphaned shards, one by one, to the worker that would finish it first.
    ///
    /// @param owed shards that each survivor has yet to compute
    /// @param secondsPerShard of each survivor
    public static SortedMap<String, List<Integer>> handOver(
            Collection<Integer> orphans, SortedMap<String, Integer> owed, SortedMap<String, Double> secondsPerShard) {
        SortedMap<String, List<Integer>> plan = new TreeMap<>();
        List<Integer> inOrder = orphans.stream().sorted().toList();
        List<String> takers = soonest(inOrder.size(), owed, secondsPerShard);
        for (int i = 0; i < inOrder.size(); i++) {
            plan.computeIfAbsent(takers.get(i), _ -> new ArrayList<>()).add(inOrder.get(i));
        }
        return plan;
    }

    /// Seconds until the last worker is done with its share.
    static double seconds(SortedMap<String, Integer> shares, SortedMap<String, Double> secondsPerShard) {
        return shares.entrySet().stream()
                .mapToDouble(share -> share.getValue() * secondsPerShard.get(share.getKey()))
                .max()
                .orElse(0);
    }

    private static List<String> soonest(
            int shards, SortedMap<String, Integer> owed, SortedMap<String, Double> secondsPerShard) {
        PriorityQueue<Load> loads = new PriorityQueue<>(SOONEST);
        owed.forEach((worker, has) -> loads.add(new Load(worker, has, secondsPerShard.get(worker))));
        List<String> takers = new ArrayList<>();
        for (int i = 0; i < shards; i++) {
            Load taker = loads.remove();
            takers.add(taker.worker());
            loads.add(new Load(taker.worker(), taker.shards() + 1, taker.secondsPerShard()));
        }
        return takers;
    }
}
