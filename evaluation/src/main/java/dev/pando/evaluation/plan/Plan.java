package dev.pando.evaluation.plan;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;

/// Device and start time of each shard, and the makespan: a pure function of priors and devices.
///
/// Scoring is apart from the devices: each set has one scorer, which takes its shards in the order in which they come.
///
/// @param shards in the order in which they begin
/// @param makespan seconds until the last set is scored
public record Plan(List<Placed> shards, double makespan) {
    private static final double LEAST_SHARD_SECONDS = 30;
    private static final double SHARD_OF_BOUND = 0.02;

    /// A part of a set on a device.
    ///
    /// @param scored when its scores are there
    public record Placed(String set, int part, int device, double begin, double end, double scored) {}

    private record Shard(String set, int part, double seconds, double tail, double behind) {}

    private record Free(double at, int device) {}

    public Plan {
        shards = List.copyOf(shards);
    }

    /// No plan can be sooner: all devices load the model and share the work without a gap, or one set's scorer starts
    /// as soon as the model is loaded.
    public static double bound(List<Workload> sets, int devices, double loadSeconds) {
        double work = sets.stream().mapToDouble(Workload::seconds).sum() / devices;
        double tail = sets.stream().mapToDouble(Workload::tailSeconds).max().orElse(0);
        return loadSeconds + Math.max(work, tail);
    }

    /// The model is loaded once for each device and stays. Sets are cut into shards of at most 30 s or 2 % of the
    /// bound; the shard with most work behind it, its own and that of its set's scorer, goes to the device that is free
    /// first (list scheduling; Graham's bound holds).
    public static Plan decoupled(List<Workload> sets, int devices, double loadSeconds) {
        double longest = Math.max(LEAST_SHARD_SECONDS, SHARD_OF_BOUND * bound(sets, devices, loadSeconds));
        List<Shard> shards = new ArrayList<>();
        for (Workload set : sets) {
            int parts = (int) Math.ceil(set.seconds() / longest);
            for (int part = 0; part < parts; part++) {
                double tail = set.tailSeconds() / parts;
                shards.add(new Shard(set.name(), part, set.seconds() / parts, tail, tail * (parts - part)));
            }
        }
        shards.sort(Comparator.<Shard>comparingDouble(shard -> -(shard.seconds + shard.behind)));
        return placed(shards, devices, loadSeconds, 0, false);
    }

    /// One trial for each set, in the order of their names, each of which loads the model and scores on its device.
    public static Plan oneTrialEach(List<Workload> sets, int devices, double contendedLoadSeconds) {
        List<Shard> trials =
                sets.stream().map(set -> new Shard(set.name(), 0, set.seconds(), set.tailSeconds(), 0)).toList();
        return placed(trials, devices, 0, contendedLoadSeconds, true);
    }

    /// The model is loaded once and scoring is apart, but sets stay whole: those with long scoring first, then by
    /// length, in turn to the devices. So Acme's trial coordinator orders them (Hu et al., section 6.2), which cuts
    /// large sets too.
    public static Plan wholeSets(List<Workload> sets, int devices, double loadSeconds) {
        List<Workload> order = new ArrayList<>(sets);
        order.sort(
                Comparator.<Workload>comparingDouble(set -> -set.tailSeconds())
                        .thenComparingDouble(set -> -set.seconds()));
        double[] free = new double[devices];
        java.util.Arrays.fill(free, loadSeconds);
        List<Placed> placed = new ArrayList<>();
        for (int i = 0; i < order.size(); i++) {
            Workload set = order.get(i);
            int device = i % devices;
            double end = free[device] + set.seconds();
            placed.add(new Placed(set.name(), 0, device, free[device], end, end + set.tailSeconds()));
            free[device] = end;
        }
        return of(placed);
    }

    private static Plan placed(
            List<Shard> shards, int devices, double loadSeconds, double loadEach, boolean scoresOnDevice) {
        PriorityQueue<Free> free =
                new PriorityQueue<>(Comparator.comparingDouble(Free::at).thenComparingInt(Free::device));
        for (int device = 0; device < devices; device++) {
            free.add(new Free(loadSeconds, device));
        }
        Map<String, Double> scorers = new HashMap<>();
        List<Placed> placed = new ArrayList<>();
        for (Shard shard : shards) {
            Free next = free.remove();
            double end = next.at + loadEach + shard.seconds;
            double scored = Math.max(end, scorers.getOrDefault(shard.set, 0.0)) + shard.tail;
            scorers.put(shard.set, scored);
            placed.add(new Placed(shard.set, shard.part, next.device, next.at, end, scored));
            free.add(new Free(scoresOnDevice ? scored : end, next.device));
        }
        return of(placed);
    }

    private static Plan of(List<Placed> placed) {
        return new Plan(placed, placed.stream().mapToDouble(Placed::scored).max().orElse(0));
    }
}
