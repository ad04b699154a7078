package dev.pando.actors.stage;

import dev.pando.actors.checkpoint.CheckpointWriter;
import dev.pando.actors.job.JobSpec;
import dev.pando.actors.job.OptimizerShard;
import dev.pando.actors.job.ReplicaFactory;
import dev.pando.actors.job.ReplicaInventory;
import dev.pando.actors.job.StageFailure;
import dev.pando.training.step.CheckpointStore;
import dev.pando.training.step.Collective;
import dev.pando.training.step.Collective.Deadline;
import dev.pando.training.step.Collective.Member;
import dev.pando.training.step.Collective.Membership;
import dev.pando.training.step.Collective.Operation;
import dev.pando.training.step.Collective.Outcome;
import dev.pando.training.step.LossHistory;
import dev.pando.training.step.ShardSums;
import dev.pando.training.step.ShardTree;
import dev.pando.training.step.SnapshotBuffer;
import dev.pando.training.step.StateHash;
import dev.pando.training.step.Trainer;
import dev.pando.training.step.Trainer.Committed;
import dev.pando.training.step.Trainer.Examined;
import dev.pando.training.step.Trainer.ShardLoss;
import dev.pando.training.step.TrainerState;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What a [PipelineStage] works on: the replica, and what it holds of the step in flight.
///
/// The book-keeping belongs to the actor's thread; what is below the lines to the two threads of [StageThreads], of
/// which one runs at a time.
// Long because the book-keeping stands beside the work that it is about.
final class StageWork {
    /// One batch shard to compute. A task of a round that was dropped meanwhile is computed in vain.
    record Task(long step, int shard, int round) {}

    /// @param examined meaningful where the outcome is done
    record Sum(Outcome outcome, Examined examined) {}

    /// @param history of all steps up to this one
    record Applied(Committed committed, LossHistory history) {}

    /// A copy to be made of the state by another thread, while the device's computes with the original.
    static final class Copying {
        private final SnapshotBuffer buffer;
        private final TrainerState state;
        private boolean over;

        private Copying(SnapshotBuffer buffer, TrainerState state) {
            this.buffer = buffer;
            this.state = state;
        }

        synchronized TrainerState run() {
            if (over) {
                throw new StageFailure("the state of step " + state.step() + " was gone before it was copied");
            }
            return buffer.capture(state);
        }

        /// The state's memory goes; whoever copies it now is waited for.
        private synchronized void end() {
            over = true;
        }
    }

    private static final Logger LOG = LoggerFactory.getLogger(StageWork.class);
    private static final int REMEMBERED_STEPS = 32;

    private final Trainer trainer;
    private final Collective collective;
    private final ShardTree tree;
    private final ShardSums sums;
    private final MemorySegment sum;
    private final CheckpointStore checkpoints;
    private final Optional<OptimizerShardStore> shards; // empty where optimizer state is whole

    /// Another one with every state that comes from elsewhere: whoever leads the job has gone on without this replica,
    /// and knows nothing of a snapshot of it that may still be on its way to the disk.
    private Optional<SnapshotBuffer> snapshots = Optional.empty(); // this and the next two: the device thread's

    private Optional<Copying> lastCopy = Optional.empty();
    private long snapshotsFor;

    private final SortedMap<Integer, ShardLoss> computed = new TreeMap<>();
    private final ArrayDeque<Integer> ordered = new ArrayDeque<>();
    private Optional<Task> running = Optional.empty();
    private final ArrayDeque<Committed> latest = new ArrayDeque<>();
    private ReplicaInventory holding = ReplicaInventory.fresh();
    private int changes; // of the state, that run or wait on the device's thread
    private Optional<OptimizerShard> share;
    private long epoch;
    private long step = -1;
    private int round;
    private long heldStep = -1; // this and the next belong to whichever thread does the stage's work
    private int heldRound;

    private StageWork(JobSpec job, String name, Trainer trainer, Collective collective, CheckpointStore checkpoints) {
        this.trainer = trainer;
        this.collective = collective;
        this.checkpoints = checkpoints;
        this.shards =
                trainer.shardedMoments().map(moments -> new OptimizerShardStore(name, trainer, moments, collective));
        if (shards.isPresent() != job.isSharded()) {
            throw new IllegalStateException("the optimizer state of " + name + " is not as job " + job.id() + " says");
        }
        this.share = shards.map(sharded -> new OptimizerShard(sharded.cut(), new TreeSet<>(), true, Optional.empty()));
        this.tree = new ShardTree(job.shards());
        this.sums = new ShardSums(tree, trainer.table().length(), collective.memory());
        this.sum = collective.memory().allocate("gradient sum", trainer.table().bytes());
    }

    static StageWork build(JobSpec job, String name, ReplicaFactory workbench) {
        ReplicaFactory.Replica replica = workbench.replica(job, name);
        return new StageWork(job, name, replica.trainer(), replica.collective(), workbench.checkpoints(job));
    }

    long step() {
        return trainer.step();
    }

    long epoch() {
        return epoch;
    }

    /// Counts how often what was computed has been forgotten.
    int round() {
        return round;
    }

    String address() {
        return collective.address();
    }

    /// Batch shards of the step in flight that are computed and held here, in their order.
    SortedMap<Integer, ShardLoss> computed() {
        return new TreeMap<>(computed);
    }

    /// What this replica holds, as far as nothing is under way that changes it.
    ReplicaInventory holding() {
        boolean computes = step == holding.step();
        return new ReplicaInventory(
                holding.step(),
                holding.history(),
                computes ? List.copyOf(known()) : List.of(),
                List.copyOf(latest),
                share);
    }

    Optional<OptimizerShardStore> shards() {
        return shards;
    }

    /// The sum is about to be written over.
    void summing() {
        prepare(Optional.empty());
    }

    /// The sum of a step is here.
    void summed(long of, ShardLoss total, Examined examined) {
        if (share.isPresent() && of == holding.step()) {
            LossHistory next = holding.history().then(of, total.loss(), examined.gradientNorm());
            prepare(Optional.of(new OptimizerShard.Prepared(total, next)));
        }
    }

    private void prepare(Optional<OptimizerShard.Prepared> sum) {
        share = share.map(held -> new OptimizerShard(held.cut(), held.spans(), held.whole(), sum));
    }

    /// These moments are held here.
    ///
    /// @param whole whether all weights are
    void shares(SortedSet<Integer> spans, boolean whole) {
        share = share.map(held -> new OptimizerShard(held.cut(), spans, whole, held.prepared()));
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

    /// The state is after as many steps as before.
    void changed() {
        changes--;
    }

    /// Batch shards that are computed, and those that will be without another word: they were ordered.
    private SortedSet<Integer> known() {
        SortedSet<Integer> known = new TreeSet<>(computed.keySet());
        known.addAll(ordered);
        running.filter(task -> task.round() == round).ifPresent(task -> known.add(task.shard()));
        return known;
    }

    /// The state is about to change: what it is is unknown until it has.
    void changing() {
        changes++;
    }

    boolean isChanging() {
        return changes > 0;
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

    /// The state is now that after so many steps, wherever it came from; or nobody knows what it is.
    ///
    /// What was computed before of the next step is not this replica's any more: others have been asked.
    void replaced(long steps, LossHistory history) {
        changes--;
        latest.clear();
        holds(steps, history);
        drop();
        prepare(Optional.empty());
        shards.ifPresent(sharded -> shares(sharded.all(), true)); // of a checkpoint; else it is said which
    }

    private void holds(long steps, LossHistory history) {
        holding = new ReplicaInventory(steps, history, List.of(), List.of());
    }

    /// Ends whatever waits for others on the word of a supervisor that leads no longer, and listens to no older epoch.
    void stepBack(String group, String name, long beforeFirst) {
        if (beforeFirst > epoch) {
            enter(step, new Membership(group, beforeFirst, List.of(new Member(name, address()))));
        }
    }

    void enter(long stepInFlight, Membership membership) {
        collective.enter(membership);
        epoch = membership.epoch();
        turnTo(stepInFlight);
    }

    /// Nothing of this stage counts any more.
    void leave() {
        collective.leave();
    }

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

    // ---- on the device's thread ------------------------------------------------------------------------------------

    ShardLoss computeShard(Task task) {
        if (trainer.step() != task.step()) {
            throw new StageFailure(
                    "asked for step " + task.step() + " while holding the state of step " + trainer.step());
        }
        holdOnly(task.step(), task.round());
        return sums.compute(trainer, task.shard());
    }

    /// What all make of the sum.
    Examined examine(ShardLoss total) {
        return trainer.examine(sum, total);
    }

    /// Partial sums of another step, or of a round that was dropped, are forgotten.
    private void holdOnly(long ofStep, int ofRound) {
        if (heldStep != ofStep || heldRound != ofRound) {
            sums.reset();
            heldStep = ofStep;
            heldRound = ofRound;
        }
    }

    Applied apply(long committed, ShardLoss total) {
        requireState(committed);
        Committed step = trainer.apply(sum, total);
        return new Applied(step, trainer.history());
    }

    Applied skip(long committed) {
        requireState(committed);
        Committed step = trainer.skip();
        return new Applied(step, trainer.history());
    }

    void requireState(long committed) {
        if (trainer.step() != committed) {
            throw new StageFailure(
                    "asked to apply step " + committed + " while holding the state of step " + trainer.step());
        }
    }

    boolean isApplied(long committed) {
        return trainer.step() == committed + 1;
    }

    /// The state was received.
    void restored(long steps, LossHistory history) {
        trainer.restored(steps, history);
    }

    /// A state whose last step was not applied, since the device threw there, must not go anywhere.
    List<MemorySegment> stateToSend(long expected) {
        if (trainer.step() != expected) {
            throw new StageFailure(
                    "asked to send the state of step " + expected + " while holding that of " + trainer.step());
        }
        return data(trainer.state());
    }

    /// Where a state goes that is received.
    List<MemorySegment> stateToFill() {
        return data(trainer.state());
    }

    /// The state was received.
    Outcome filled(PipelineStage.ReceiveState order) {
        snapshots = Optional.empty();
        trainer.restored(order.step(), order.history());
        return new Outcome.Done();
    }

    private static List<MemorySegment> data(TrainerState state) {
        return state.spans().stream().map(TrainerState.Span::data).toList();
    }

    Void load(CheckpointWriter.Checkpoint checkpoint) {
        CheckpointStore.Saved saved =
                checkpoints.list().stream()
                        .filter(candidate -> candidate.id().equals(checkpoint.id()))
                        .findFirst()
                        .orElseThrow(() -> new StageFailure("checkpoint " + checkpoint.id() + " is gone"));
        snapshots = Optional.empty();
        shards.ifPresentOrElse(
                sharded -> sharded.load(checkpoints, saved), () -> checkpoints.load(saved, trainer.state().spans()));
        trainer.restored(saved.step(), saved.history());
        return null;
    }

    /// @param incarnation of the supervisor that asks. A snapshot for the one before it may still be on its way to the
    ///   disk, of which this one knows nothing, and is not written over.
    Copying snapshot(long expected, long incarnation) {
        if (trainer.step() != expected) {
            throw new StageFailure("asked for a snapshot of step " + expected + " at step " + trainer.step());
        }
        if (snapshots.isEmpty() || snapshotsFor != incarnation) {
            snapshots = Optional.of(new SnapshotBuffer(trainer.state().spans()));
            snapshotsFor = incarnation;
        }
        // The writer is done with it before the same supervisor asks for the next.
        Copying copying = new Copying(snapshots.orElseThrow(), trainer.state());
        lastCopy = Optional.of(copying);
        return copying;
    }

    String digest(long expected) {
        if (trainer.step() != expected) {
            throw new StageFailure("asked for the hash of step " + expected + " at step " + trainer.step());
        }
        return shards.map(OptimizerShardStore::weightsHash).orElseGet(() -> StateHash.of(trainer.state()));
    }

    /// Once neither thread does anything for the stage any more.
    void close() {
        lastCopy.ifPresent(Copying::end);
        trainer.close();
        try {
            collective.close();
        } catch (IllegalStateException stuck) { // the device has other work to do
            LOG.error("a member of a collective is not closed", stuck);
        }
        checkpoints.close();
    }

    // ---- on the stage's own thread, which waits for others
    // -----------------------------------------------------------

    /// Nothing of the stage is computed meanwhile, so the partial sums stay as they are.
    ///
    /// @param roundNow see [#round()]
    Outcome sum(PipelineStage.Reduce order, int roundNow, Deadline deadline) {
        holdOnly(order.step(), roundNow);
        Operation operation = new Operation(order.epoch(), order.step());
        return collective.allReduce(deadline, operation, tree, sums.partials(), sum);
    }

    Outcome send(Deadline deadline, PipelineStage.SendState order, List<MemorySegment> state) {
        Operation operation = new Operation(order.epoch(), order.operation());
        return collective.send(deadline, operation, order.to(), state);
    }

    Outcome receive(Deadline deadline, PipelineStage.ReceiveState order, List<MemorySegment> state) {
        Operation operation = new Operation(order.epoch(), order.operation());
        return collective.receive(deadline, operation, order.from(), state);
    }
}
