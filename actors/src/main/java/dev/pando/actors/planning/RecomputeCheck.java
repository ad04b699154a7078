package dev.pando.actors.planning;

import dev.pando.training.step.Trainer.ShardLoss;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/// Finds out whose fault it is when a step's numbers are not to be trusted: the data's, or a device's.
///
/// The step is computed once more, each batch shard by another worker than before where there are two. Where all get
/// the same, it is the data; where one gets something else, it is that one's device.
public final class RecomputeCheck {
    /// What a worker made of a batch shard.
    record Made(String by, ShardLoss loss) {}

    /// A batch shard of which two computations differ.
    private record Dispute(Made before, Made now) {
        /// Workers of which at least one is wrong; the one, where it alone has no number.
        Set<String> suspects() {
            boolean isBefore = Double.isFinite(before.loss.lossSum());
            boolean isNow = Double.isFinite(now.loss.lossSum());
            return isBefore == isNow ? Set.of(before.by, now.by) : Set.of(isBefore ? now.by : before.by);
        }
    }

    private static final long NONE = -1;

    private long step = NONE;
    private SortedMap<Integer, Made> before = new TreeMap<>();

    /// The numbers of this step are in doubt.
    ///
    /// @param made of each batch shard
    public void begin(long doubted, SortedMap<Integer, Made> made) {
        step = doubted;
        before = made;
    }

    /// The next computation of the step is a first one again.
    public void forget() {
        step = NONE;
    }

    public boolean isAbout(long position) {
        return step == position;
    }

    /// The same shares, handed round so that as many batch shards as can be go to another worker than before.
    public SortedMap<String, List<Integer>> elsewhere(SortedMap<String, List<Integer>> plan) {
        List<String> workers = List.copyOf(plan.keySet());
        SortedMap<String, List<Integer>> best = plan;
        for (int by = 1; by < workers.size() && staying(best) > 0; by++) {
            SortedMap<String, List<Integer>> round = new TreeMap<>();
            for (int i = 0; i < workers.size(); i++) {
                round.put(workers.get((i + by) % workers.size()), plan.get(workers.get(i)));
            }
            best = staying(round) < staying(best) ? round : best;
        }
        return best;
    }

    private long staying(SortedMap<String, List<Integer>> plan) {
        return plan.entrySet().stream()
                .mapToLong(share ->
                        share.getValue().stream().filter(shard -> before.get(shard).by.equals(share.getKey())).count())
                .sum();
    }

    /// Whether every batch shard came out as before.
    public boolean isConfirmedBy(SortedMap<Integer, Made> now) {
        return disputes(now).isEmpty();
    }

    /// Workers whose numbers were wrong before, now that the step's numbers are sound: empty where all of them were, or
    /// where they have put it right themselves.
    public SortedSet<String> blamedBefore(SortedMap<Integer, Made> now) {
        return disputes(now).stream()
                .filter(dispute -> !dispute.before.by.equals(dispute.now.by))
                .map(dispute -> dispute.before.by)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /// Workers whose numbers are wrong where the step's numbers are not sound the second time either, and not the same:
    /// those that have none where another has, or the one that takes part in every dispute. Empty where that does not
    /// tell.
    public SortedSet<String> blamed(SortedMap<Integer, Made> now) {
        List<Set<String>> suspects = disputes(now).stream().map(Dispute::suspects).toList();
        SortedSet<String> certain =
                suspects.stream()
                        .filter(those -> those.size() == 1)
                        .flatMap(Set::stream)
                        .collect(Collectors.toCollection(TreeSet::new));
        if (!certain.isEmpty()) {
            return certain;
        }
        SortedSet<String> common = new TreeSet<>(suspects.getFirst());
        suspects.forEach(common::retainAll);
        return common.size() == 1 ? common : new TreeSet<>();
    }

    private List<Dispute> disputes(SortedMap<Integer, Made> now) {
        List<Dispute> disputes = new ArrayList<>();
        for (Map.Entry<Integer, Made> shard : now.entrySet()) {
            Made then = before.get(shard.getKey());
            if (!then.loss.equals(shard.getValue().loss)) { // as records are: no number equals no number
                disputes.add(new Dispute(then, shard.getValue()));
            }
        }
        return disputes;
    }
}
