package dev.pando.actors.supervisor;

import dev.pando.actors.job.MomentPlacement;
import dev.pando.actors.job.OptimizerShard;
import dev.pando.actors.job.ReplicaInventory;
import dev.pando.training.step.LossHistory;
import dev.pando.training.step.Trainer.Committed;
import dev.pando.training.step.Trainer.ShardLoss;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/// Finds out for a supervisor that takes over who is still there, and what of the job they hold.
///
/// Ends when every device has answered or is known to be gone. A silent one, frozen or cut off, is waited for a second
/// if another worker holds the state, and a minute if none does.
final class HoldingsSurvey {
    private static final int GRACE_TICKS = 20; // a second, while the job could go on
    private static final int LAST_HOPE_TICKS = 1_200; // a minute, before the job falls back to a checkpoint

    private final RecoveredLeadership inheritance;
    private final Predicate<String> isGone;
    private final SortedMap<String, ReplicaInventory> holdings = new TreeMap<>();
    private final Set<String> missing; // workers that are known from the journal and have not answered
    private final SortedSet<String> answered = new TreeSet<>(); // devices
    private boolean listed;
    private int ticks;

    /// @param isGone whether a node has left the cluster
    HoldingsSurvey(RecoveredLeadership inheritance, Predicate<String> isGone) {
        this.inheritance = inheritance;
        this.isGone = isGone;
        this.missing = new TreeSet<>(inheritance.workers().keySet());
    }

    /// The devices that are up are known.
    void listed() {
        listed = true;
    }

    void arrived(String worker, String device, ReplicaInventory holding) {
        holdings.put(worker, holding);
        missing.remove(worker);
        answered.add(device);
    }

    /// The device holds nothing: it builds a replica, or takes no part.
    void building(String worker, String device) {
        missing.remove(worker);
        answered.add(device);
    }

    void lost(String worker) {
        holdings.remove(worker);
        missing.remove(worker);
    }

    void tick() {
        ticks++;
    }

    /// @param devices that are up as far as is known, and the node that each is on
    boolean isOver(Map<String, String> devices) {
        boolean held = step() > 0 && placement().lost(cut()).isEmpty();
        return listed && isSettled(devices) || held && ticks > GRACE_TICKS || ticks > LAST_HOPE_TICKS;
    }

    private boolean isSettled(Map<String, String> devices) {
        boolean allAnswered =
                devices.entrySet().stream()
                        .allMatch(device -> answered.contains(device.getKey()) || isGone.test(device.getValue()));
        // A node that answers with all its devices has lost those that the journal names besides.
        return allAnswered
                && missing.stream()
                        .map(worker -> inheritance.workers().get(worker))
                        .allMatch(node -> isGone.test(node) || devices.containsValue(node));
    }

    /// Committed steps that the job goes on from: what some have applied counts, though others may have not.
    /// [ReplicaInventory#NOTHING] where no worker holds as much as the newest checkpoint does, or it is unknown which
    /// is right.
    long step() {
        return best().map(ReplicaInventory::step).orElse(ReplicaInventory.NOTHING);
    }

    LossHistory history() {
        return best().map(ReplicaInventory::history).orElse(LossHistory.EMPTY);
    }

    /// The latest committed steps, in order, as far back as any of the holders knows them.
    List<Committed> latest() {
        return holders().stream()
                .map(worker -> holdings.get(worker).latest())
                .max(Comparator.comparingInt(List::size))
                .orElse(List.of());
    }

    /// Workers that hold the state after [#step()] steps.
    List<String> holders() {
        return holdings.entrySet().stream()
                .filter(entry -> isBest(entry.getValue()) || isPrepared(entry.getValue()))
                .map(Map.Entry::getKey)
                .toList();
    }

    /// Whether it has yet to apply the last step, and can: where optimizer state is sharded it may hold what others do
    /// not.
    private boolean isPrepared(ReplicaInventory holding) {
        return holding.step() == step() - 1
                && holding.share()
                        .filter(share ->
                                share.leadsTo(history())
                                        || holding.history().skipping(holding.step()).equals(history()))
                        .isPresent();
    }

    /// Holders of the moments of the state after [#step()] steps; empty where optimizer state is whole.
    MomentPlacement placement() {
        MomentPlacement placement = MomentPlacement.none();
        for (String worker : holders()) {
            Optional<OptimizerShard> share = holdings.get(worker).share();
            placement = share.isPresent() ? placement.with(worker, share.orElseThrow().spans()) : placement;
        }
        return placement;
    }

    private int cut() {
        return shares().stream().mapToInt(OptimizerShard::cut).max().orElse(0);
    }

    /// Whether the last step has not reached all holders, or its weights have not.
    boolean isUneven() {
        return holders().stream().anyMatch(worker -> isPrepared(holdings.get(worker)))
                || shares().stream().anyMatch(share -> !share.whole());
    }

    /// Total loss of the last step, for workers that have yet to apply it; empty where it was skipped.
    Optional<ShardLoss> total() {
        return shares().stream()
                .flatMap(share -> share.prepared().stream())
                .filter(sum -> sum.next().equals(history()))
                .findFirst()
                .map(OptimizerShard.Prepared::total);
    }

    private List<OptimizerShard> shares() {
        return holders().stream().flatMap(worker -> holdings.get(worker).share().stream()).toList();
    }

    /// What each of them has computed of the next step.
    SortedMap<String, List<Integer>> shards() {
        SortedMap<String, List<Integer>> shards = new TreeMap<>();
        holders().stream()
                .filter(worker -> isBest(holdings.get(worker)))
                .forEach(worker -> shards.put(worker, holdings.get(worker).shards()));
        return shards;
    }

    /// Workers of the journal that are not here, and why we believe so.
    SortedMap<String, String> absent() {
        SortedMap<String, String> absent = new TreeMap<>();
        for (Map.Entry<String, String> worker : inheritance.workers().entrySet()) {
            if (!holdings.containsKey(worker.getKey())) {
                absent.put(
                        worker.getKey(),
                        isGone.test(worker.getValue())
                                ? "its node is gone, and with it the supervisor"
                                : "it has nothing to say to the supervisor that took over");
            }
        }
        return absent;
    }

    private Optional<ReplicaInventory> best() {
        return holdings.values().stream()
                .filter(holding -> holding.step() >= Math.max(inheritance.durable(), 1))
                .max(Comparator.comparingLong(ReplicaInventory::step))
                .filter(furthest -> majority(furthest.step()).isPresent())
                .map(furthest -> majority(furthest.step()).orElseThrow());
    }

    private boolean isBest(ReplicaInventory holding) {
        return best().filter(best -> best.step() == holding.step() && best.history().equals(holding.history()))
                .isPresent();
    }

    /// Workers that hold as many steps should hold the same ones; where they do not, the majority is right.
    private Optional<ReplicaInventory> majority(long step) {
        List<ReplicaInventory> equals = holdings.values().stream().filter(holding -> holding.step() == step).toList();
        Map<LossHistory, Long> votes =
                equals.stream().collect(Collectors.groupingBy(ReplicaInventory::history, Collectors.counting()));
        return equals.stream().filter(holding -> 2 * votes.get(holding.history()) > equals.size()).findFirst();
    }
}
