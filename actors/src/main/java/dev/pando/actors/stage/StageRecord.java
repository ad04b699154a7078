package dev.pando.actors.stage;

import dev.pando.actors.job.OptimizerShard;
import dev.pando.actors.job.ReplicaInventory;
import dev.pando.training.step.LossHistory;
import dev.pando.training.step.Trainer.Committed;
import dev.pando.training.step.Trainer.Examined;
import dev.pando.training.step.Trainer.ShardLoss;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/// What the actor of a stage knows of its replica: the state that it holds, and what is computed of the step in flight.
///
/// Belongs to the actor's thread.
final class StageRecord {
    /// One batch shard to compute. The result of a task whose round was dropped meanwhile does not count.
    record Task(long step, int shard, int round) {}

    /// @param history of all steps up to this one
    record Applied(Committed committed, LossHistory history) {}

    private static final int REMEMBERED_STEPS = 32;

    private final SortedMap<Integer, ShardLoss> computed = new TreeMap<>();
    private final ArrayDeque<Integer> ordered = new ArrayDeque<>();
    private Optional<Task> running = Optional.empty();
    private final ArrayDeque<Committed> latest = new ArrayDeque<>();
    private ReplicaInventory state = ReplicaInventory.fresh();
    private Optional<OptimizerShard> share; // empty where optimizer state is whole
    private int changes; // of the state, that run or wait on another thread
    private long epoch;
    private long step = -1;
    private int round;

    /// @param spans of the optimizer state; 0 where it is whole
    StageRecord(int spans) {
        this.share =
                spans == 0
                        ? Optional.empty()
                        : Optional.of(new OptimizerShard(spans, new TreeSet<>(), true, Optional.empty()));
    }

    long epoch() {
        return epoch;
    }

    long step() {
        return step;
    }

    /// Counts how often what was computed has been dropped.
    int round() {
        return round;
    }

    /// Batch shards of the step in flight that are computed and held here, in their order.
    SortedMap<Integer, ShardLoss> computed() {
        return new TreeMap<>(computed);
    }

    /// What the replica holds, unless a change is under way.
    ReplicaInventory inventory() {
        boolean computes = step == state.step();
        return new ReplicaInventory(
                state.step(), state.history(), computes ? List.copyOf(known()) : List.of(), List.copyOf(latest), share);
    }

    void enter(long ofEpoch, long stepInFlight) {
        epoch = ofEpoch;
        turnTo(stepInFlight);
    }

    // ---- the step in flight ----------------------------------------------------------------------------------------

    void order(long stepInFlight, Collection<Integer> shards) {
        turnTo(stepInFlight);
        for (Integer shard : shards) {
            if (!known().contains(shard)) {
                ordered.add(shard);
            }
        }
    }

    void drop() {
        round++;
        computed.clear();
        ordered.clear();
    }

    private void turnTo(long stepInFlight) {
        if (step != stepInFlight) {
            step = stepInFlight;
            drop();
        }
    }

    /// Batch shards that are computed, and those that will be without another order.
    private SortedSet<Integer> known() {
        SortedSet<Integer> known = new TreeSet<>(computed.keySet());
        known.addAll(ordered);
        running.filter(task -> task.round() == round).ifPresent(task -> known.add(task.shard()));
        return known;
    }

    /// The next batch shard to compute, unless one is being computed.
    Optional<Task> takeNext() {
        if (running.isPresent() || ordered.isEmpty()) {
            return Optional.empty();
        }
        running = Optional.of(new Task(step, ordered.poll(), round));
        return running;
    }

    /// @return whether the shard still counts
    boolean finished(Task task, ShardLoss loss) {
        running = Optional.empty();
        if (task.round() != round) {
            return false;
        }
        computed.put(task.shard(), loss);
        return true;
    }

    // ---- the state -------------------------------------------------------------------------------------------------

    /// The sum is about to be written over.
    void summing() {
        prepare(Optional.empty());
    }

    /// The sum of a step is here.
    void summed(long of, ShardLoss total, Examined examined) {
        if (share.isPresent() && of == state.step()) {
            LossHistory next = state.history().then(of, total.loss(), examined.gradientNorm());
            prepare(Optional.of(new OptimizerShard.Prepared(total, next)));
        }
    }

    private void prepare(Optional<OptimizerShard.Prepared> sum) {
        share = share.map(held -> new OptimizerShard(held.cut(), held.spans(), held.whole(), sum));
    }

    /// The replica holds these moments.
    ///
    /// @param whole whether it holds all weights
    void shares(SortedSet<Integer> spans, boolean whole) {
        share = share.map(held -> new OptimizerShard(held.cut(), spans, whole, held.prepared()));
    }

    /// The state is undefined from here until the change is complete.
    void changing() {
        changes++;
    }

    boolean isChanging() {
        return changes > 0;
    }

    /// The change is complete, and the state is after as many steps as before.
    void changed() {
        changes--;
    }

    /// The step is applied, or skipped.
    void applied(Applied applied) {
        changes--;
        latest.add(applied.committed());
        if (latest.size() > REMEMBERED_STEPS) {
            latest.remove();
        }
        holds(applied.committed().step() + 1, applied.history());
    }

    /// The step is applied to the spans that are held here.
    ///
    /// @param applied empty where it had been before
    /// @param whole whether the weights of all others have come
    void updated(Optional<Applied> applied, SortedSet<Integer> spans, boolean whole) {
        applied.ifPresentOrElse(this::applied, this::changed);
        prepare(Optional.empty());
        shares(spans, whole);
    }

    /// The state is now that after this many steps, wherever it came from, or undefined.
    ///
    /// What was computed before of the next step does not belong to this replica any more: others have been asked.
    ///
    /// @param spans whose moments it holds
    void replaced(long steps, LossHistory history, SortedSet<Integer> spans) {
        changes--;
        latest.clear();
        holds(steps, history);
        drop();
        prepare(Optional.empty());
        shares(spans, true);
    }

    private void holds(long steps, LossHistory history) {
        state = new ReplicaInventory(steps, history, List.of(), List.of());
    }
}
