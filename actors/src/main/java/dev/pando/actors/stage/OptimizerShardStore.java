package dev.pando.actors.stage;

import dev.pando.actors.job.MomentPlacement;
import dev.pando.actors.job.StageFailure;
import dev.pando.actors.planning.MomentTransfer;
import dev.pando.training.step.CheckpointStore;
import dev.pando.training.step.Collective.Outcome;
import dev.pando.training.step.ShardedMoments;
import dev.pando.training.step.StateHash;
import dev.pando.training.step.Trainer;
import dev.pando.training.step.TrainerState;
import dev.pando.training.step.WholeState;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/// The spans of a sharded optimizer state that a stage holds, and the memory from which they go to peers and to which
/// they come.
///
/// Belongs to the device's thread.
final class OptimizerShardStore {
    /// This worker's end of a transfer.
    ///
    /// @param place of the transfer among those of all workers, from 0 to 1
    record Leg(MomentTransfer transfer, long operation, double place, List<MemorySegment> memory) {}

    /// What is to be sent and received, in this order.
    record Exchange(long epoch, List<Leg> legs) {}

    private final String name;
    private final Trainer trainer;
    private final ShardedMoments moments;
    private Optional<WholeState> loaded = Optional.empty(); // a checkpoint's, until it is known which spans stay here
    private Optional<WholeState> collected = Optional.empty();
    private long collectedFor;

    OptimizerShardStore(String name, Trainer trainer, ShardedMoments moments) {
        this.name = name;
        this.trainer = trainer;
        this.moments = moments;
    }

    /// Spans that there are.
    int cut() {
        return moments.cut().spans();
    }

    SortedSet<Integer> all() {
        return moments.cut().all();
    }

    private SortedSet<Integer> held() {
        return loaded.isPresent() ? all() : moments.held();
    }

    /// Releases what is not among these spans, all of which are held.
    Void keep(SortedSet<Integer> spans) {
        if (!held().containsAll(spans)) {
            throw new StageFailure("asked to keep spans " + spans + " of the moments while holding " + held());
        }
        if (loaded.isPresent() || !moments.held().equals(spans)) {
            moments.hold(spans);
            loaded.ifPresent(whole -> {
                copy(whole.moments(spans), moments.moments(spans));
                moments.momentsWritten(spans);
            });
            loaded = Optional.empty();
        }
        return null;
    }

    /// Holds what it held before something was added, where a checkpoint's moments are no exception.
    void retain(SortedSet<Integer> spans) {
        if (!held().equals(spans)) {
            keep(spans);
        }
    }

    /// Makes room for spans that are to come, or to begin at 0.
    void add(SortedSet<Integer> spans) {
        if (loaded.isEmpty()) {
            SortedSet<Integer> all = new TreeSet<>(held());
            all.addAll(spans);
            moments.hold(all);
        }
    }

    /// Moments start at 0. A state that was gathered may still be on its way to the disk: the job has continued without
    /// this replica, and its supervisor knows nothing of it.
    void beginAnew() {
        loaded = Optional.empty();
        collected = Optional.empty();
        moments.hold(new TreeSet<>());
    }

    /// @param transfers of all workers, the same list at each
    /// @param operation number of the first of them; the others count down from there
    Exchange exchange(List<MomentTransfer> transfers, long epoch, long operation) {
        return exchange(transfers, epoch, operation, Optional.empty());
    }

    private Exchange exchange(List<MomentTransfer> transfers, long epoch, long operation, Optional<WholeState> into) {
        List<Leg> legs = new ArrayList<>();
        for (int i = 0; i < transfers.size(); i++) {
            MomentTransfer transfer = transfers.get(i);
            if (transfer.from().equals(name) || transfer.to().equals(name)) {
                legs.add(new Leg(transfer, operation - i, (double) i / transfers.size(), memory(transfer, into)));
            }
        }
        return new Exchange(epoch, legs);
    }

    private List<MemorySegment> memory(MomentTransfer transfer, Optional<WholeState> into) {
        Optional<WholeState> whole = transfer.to().equals(name) ? into : loaded;
        return switch (transfer.content()) {
            case WEIGHTS -> moments.weights(transfer.spans());
            case MOMENTS ->
                    whole.map(state -> state.moments(transfer.spans()))
                            .orElseGet(() -> moments.moments(transfer.spans()));
        };
    }

    /// What was received counts.
    Outcome received(Exchange exchange) {
        for (Leg leg : exchange.legs) {
            if (leg.transfer.to().equals(name)) {
                switch (leg.transfer.content()) {
                    case WEIGHTS -> moments.weightsWritten(leg.transfer.spans());
                    case MOMENTS -> moments.momentsWritten(leg.transfer.spans());
                }
            }
        }
        return new Outcome.Done();
    }

    /// Prepares to gather the whole state in memory of the host.
    ///
    /// @param collector the worker that gathers it
    /// @param incarnation of the supervisor that asks. What was gathered for the previous one may still be on its way
    ///   to the disk, of which this supervisor knows nothing, and is not written over.
    Exchange collect(
            long step, MomentPlacement placement, String collector, long epoch, long operation, long incarnation) {
        if (trainer.step() != step) {
            throw new StageFailure("asked for the state of step " + step + " at step " + trainer.step());
        }
        Optional<WholeState> into = Optional.empty();
        if (collector.equals(name)) {
            if (collected.isEmpty() || collectedFor != incarnation) {
                collected = Optional.of(new WholeState(trainer.table(), moments.cut()));
                collectedFor = incarnation;
            }
            into = collected;
            SortedSet<Integer> own = placement.of(name);
            copy(moments.weights(all()), collected.orElseThrow().weights(all()));
            copy(moments.moments(own), collected.orElseThrow().moments(own));
        }
        List<MomentTransfer> transfers = MomentTransfer.collect(placement, collector, cut());
        return exchange(transfers, epoch, operation, into);
    }

    /// The gathered state.
    TrainerState collected() {
        return collected.orElseThrow().state(trainer.step(), trainer.history());
    }

    /// Hash of the weights alone, which all workers have.
    String weightsHash() {
        List<TrainerState.Span> weights =
                trainer.state().spans().stream().filter(span -> !span.name().startsWith("exp_avg")).toList();
        return StateHash.of(new TrainerState(trainer.step(), trainer.history(), weights));
    }

    /// Takes the weights into the trainer, and keeps the moments until [#keep] says which of them stay.
    void load(CheckpointStore checkpoints, CheckpointStore.Saved saved) {
        beginAnew();
        WholeState whole = new WholeState(trainer.table(), moments.cut());
        checkpoints.load(saved, whole.state(saved.step(), saved.history()).spans());
        copy(whole.weights(all()), moments.weights(all()));
        moments.weightsWritten(all());
        loaded = Optional.of(whole);
    }

    private static void copy(List<MemorySegment> from, List<MemorySegment> to) {
        for (int i = 0; i < from.size(); i++) {
            to.get(i).copyFrom(from.get(i));
        }
    }
}
