package dev.pando.actors.planning;

import dev.pando.training.step.ShardSums;
import dev.pando.training.step.ShardTree;
import dev.pando.training.step.Trainer.ShardLoss;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/// Batch shards of the step in flight by worker, and what is computed of them: every shard counts exactly once.
public final class Assignment {
    private final ShardTree tree;
    private final Map<Integer, String> owners = new TreeMap<>();
    private final Map<Integer, ShardLoss> computed = new TreeMap<>();

    public Assignment(int shards) {
        this.tree = new ShardTree(shards);
    }

    public void give(String worker, Collection<Integer> shards) {
        for (Integer shard : shards) {
            String before = owners.putIfAbsent(shard, worker);
            if (before != null) {
                throw new IllegalStateException("batch shard " + shard + " of " + before + " was given to " + worker);
            }
        }
    }

    /// @return whether that is news: the worker owns the shard, and had not said so before
    public boolean computed(String worker, int shard, ShardLoss loss) {
        return worker.equals(owners.get(shard)) && computed.put(shard, loss) == null;
    }

    /// Takes all shards of a worker away, the computed ones too: its partial sums are gone with it.
    ///
    /// @return the shards that no worker has now
    public SortedSet<Integer> lose(String worker) {
        SortedSet<Integer> orphans = new TreeSet<>();
        owners.forEach((shard, owner) -> {
            if (owner.equals(worker)) {
                orphans.add(shard);
            }
        });
        owners.keySet().removeAll(orphans);
        computed.keySet().removeAll(orphans);
        return orphans;
    }

    public boolean isComplete() {
        return computed.size() == tree.shards();
    }

    /// Shards that the worker has yet to compute.
    public int owed(String worker) {
        return (int)
                owners.entrySet().stream()
                        .filter(entry -> entry.getValue().equals(worker) && !computed.containsKey(entry.getKey()))
                        .count();
    }

    /// Workers that have shards to compute.
    public List<String> owing() {
        return owners.entrySet().stream()
                .filter(entry -> !computed.containsKey(entry.getKey()))
                .map(Map.Entry::getValue)
                .distinct()
                .toList();
    }

    /// What each of the shards came to, and at whom. The assignment is complete.
    public SortedMap<Integer, RecomputeCheck.Made> made() {
        SortedMap<Integer, RecomputeCheck.Made> made = new TreeMap<>();
        computed.forEach((shard, loss) -> made.put(shard, new RecomputeCheck.Made(owners.get(shard), loss)));
        return made;
    }

    /// Loss of the whole step, added along the tree. The assignment is complete.
    public ShardLoss total() {
        return ShardSums.treeSum(tree, computed::get);
    }
}
