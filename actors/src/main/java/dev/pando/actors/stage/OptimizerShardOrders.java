package dev.pando.actors.stage;

import dev.pando.actors.checkpoint.CheckpointWriter;
import dev.pando.actors.job.Epoch;
import dev.pando.actors.job.ReplicaInventory;
import dev.pando.actors.job.StageFailure;
import dev.pando.actors.planning.MomentTransfer;
import dev.pando.actors.stage.PipelineStage.Collect;
import dev.pando.actors.stage.PipelineStage.Collected;
import dev.pando.actors.stage.PipelineStage.Keep;
import dev.pando.actors.stage.PipelineStage.Kept;
import dev.pando.actors.stage.PipelineStage.OptimizerOrder;
import dev.pando.actors.stage.PipelineStage.Regroup;
import dev.pando.actors.stage.PipelineStage.Regrouped;
import dev.pando.actors.stage.PipelineStage.Update;
import dev.pando.actors.stage.PipelineStage.Updated;
import dev.pando.training.step.Collective.Deadline;
import dev.pando.training.step.Collective.Outcome;
import dev.pando.training.step.StateHash;
import dev.pando.training.step.TrainerState;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/// How a stage carries out the orders that exist only where optimizer state is sharded.
final class OptimizerShardOrders {
    private record Begun(Optional<StageRecord.Applied> applied, OptimizerShardStore.Exchange exchange) {}

    private final StageContext stage;
    private final StageReplica replica;
    private final DeviceReplica device;
    private final StageRecord record;

    OptimizerShardOrders(StageContext stage, StageReplica replica, StageRecord record) {
        this.stage = stage;
        this.replica = replica;
        this.device = replica.device();
        this.record = record;
    }

    void follow(OptimizerOrder order) {
        OptimizerShardStore shards =
                replica.shards()
                        .orElseThrow(() -> new StageFailure("the optimizer state of " + stage.name + " is whole"));
        switch (order) {
            case Update update -> update(update, shards);
            case Regroup regroup -> regroup(regroup, shards);
            case Keep keep -> keep(keep, shards);
            case Collect collect -> collect(collect, shards);
        }
    }

    // ---- a step ----------------------------------------------------------------------------------------------------

    private static Deadline deadline(Update order) {
        return new Deadline("weights of step " + order.step(), order.patienceNs());
    }

    /// A failure here is one for all workers: the remaining ones repeat the order in a new epoch.
    private void update(Update order, OptimizerShardStore shards) {
        record.changing();
        stage.inOrder(
                "applying step " + order.step(),
                () ->
                        stage.threads
                                .onDevice(() -> begin(order, shards))
                                .thenCompose(begun ->
                                        exchange(begun.exchange, shards, deadline(order))
                                                .thenApply(outcome -> new Updated(order, begun.applied, outcome))));
    }

    private Begun begin(Update order, OptimizerShardStore shards) {
        shards.keep(order.placement().of(stage.name));
        Optional<StageRecord.Applied> applied =
                device.isApplied(order.step()) ? Optional.empty() : Optional.of(commit(order));
        List<MomentTransfer> gather = MomentTransfer.gather(order.placement(), shards.cut());
        return new Begun(applied, shards.exchange(gather, order.epoch(), order.operation()));
    }

    private StageRecord.Applied commit(Update order) {
        return order.total().map(total -> device.apply(order.step(), total)).orElseGet(() -> device.skip(order.step()));
    }

    void updated(Updated updated) {
        Update order = updated.order();
        boolean whole = updated.outcome() instanceof Outcome.Done;
        record.updated(updated.applied(), order.placement().of(stage.name), whole);
        updated.applied()
                .ifPresent(applied ->
                        stage.supervisor()
                                .tell(new StageReport.Applied(stage.name, order.epoch(), applied.committed())));
        answer(updated.outcome(), order.epoch(), order.step() + 1, deadline(order));
    }

    // ---- redistribution --------------------------------------------------------------------------------------------

    private static Deadline deadline(Regroup order) {
        return new Deadline("moments at step " + order.step(), order.patienceNs());
    }

    private SortedSet<Integer> after(Regroup order) {
        SortedSet<Integer> after = new TreeSet<>(order.from().of(stage.name));
        after.addAll(order.to().of(stage.name));
        return after;
    }

    private boolean isNewcomer(Regroup order) {
        return order.newcomers().contains(stage.name);
    }

    /// Whatever the outcome, what was held before is still held.
    private void regroup(Regroup order, OptimizerShardStore shards) {
        record.changing();
        stage.inOrder(
                "redistributing the moments",
                () ->
                        stage.threads
                                .onDevice(() -> begin(order, shards))
                                .thenCompose(exchange -> exchange(exchange, shards, deadline(order)))
                                .thenCompose(outcome ->
                                        stage.threads.onDevice(() -> {
                                            settle(order, outcome, shards);
                                            return new Regrouped(order, outcome);
                                        })));
    }

    /// Nothing of a newcomer counts, and before the first step all moments are 0.
    private OptimizerShardStore.Exchange begin(Regroup order, OptimizerShardStore shards) {
        if (isNewcomer(order) || order.step() == 0) {
            shards.beginAnew();
        } else {
            device.requireState(order.step());
            shards.retain(order.from().of(stage.name));
        }
        shards.add(after(order));
        List<MomentTransfer> rebuild =
                MomentTransfer.rebuild(order.from(), order.to(), order.donors(), order.newcomers(), shards.cut());
        return shards.exchange(rebuild, order.epoch(), order.operation());
    }

    private void settle(Regroup order, Outcome outcome, OptimizerShardStore shards) {
        if (!(outcome instanceof Outcome.Done)) {
            shards.retain(order.from().of(stage.name));
        } else if (isNewcomer(order)) {
            device.restored(order.step(), order.history());
        }
    }

    void regrouped(Regrouped regrouped) {
        Regroup order = regrouped.order();
        boolean done = regrouped.outcome() instanceof Outcome.Done;
        SortedSet<Integer> held = done ? after(order) : order.from().of(stage.name);
        if (isNewcomer(order)) {
            record.replaced(done ? order.step() : ReplicaInventory.NOTHING, order.history(), held);
        } else {
            record.changed();
            record.shares(held, true);
        }
        answer(regrouped.outcome(), order.epoch(), order.step(), deadline(order));
    }

    private void keep(Keep order, OptimizerShardStore shards) {
        record.changing();
        stage.onDevice(
                "keeping a share of the moments",
                () -> {
                    shards.keep(order.spans());
                    return new Kept(order);
                });
    }

    void kept(Kept kept) {
        record.changed();
        record.shares(kept.order().spans(), true);
    }

    // ---- the whole state -------------------------------------------------------------------------------------------

    private static Deadline deadline(Collect order) {
        return new Deadline("state of step " + order.step(), order.patienceNs());
    }

    private boolean isCollector(Collect order) {
        return order.collector().equals(stage.name);
    }

    /// Nothing changes, but nothing may change either: the next step waits.
    private void collect(Collect order, OptimizerShardStore shards) {
        long incarnation = Epoch.incarnation(order.epoch());
        long since = stage.stopwatch.nanos();
        stage.inOrder(
                "gathering the state",
                () ->
                        stage.threads
                                .onDevice(() ->
                                        shards.collect(
                                                order.step(),
                                                order.placement(),
                                                order.collector(),
                                                order.epoch(),
                                                order.operation(),
                                                incarnation))
                                .thenCompose(exchange ->
                                        stage.threads.withPeers(() -> replica.peers().run(exchange, deadline(order))))
                                .thenCompose(outcome ->
                                        stage.threads.onDevice(() -> gathered(order, outcome, shards, since))));
    }

    private Collected gathered(Collect order, Outcome outcome, OptimizerShardStore shards, long since) {
        if (!isCollector(order) || !(outcome instanceof Outcome.Done)) {
            return new Collected(order, outcome, Optional.empty(), "", since);
        }
        TrainerState state = shards.collected();
        Optional<TrainerState> written = order.written() ? Optional.of(state) : Optional.empty();
        String hash = order.written() ? "" : StateHash.of(state);
        return new Collected(order, outcome, written, hash, since);
    }

    void collected(Collected collected) {
        Collect order = collected.order();
        if (isCollector(order) && Epoch.incarnation(order.epoch()) == stage.incarnation()) {
            hand(order, collected);
        }
        stage.complain(collected.outcome(), order.epoch(), deadline(order));
    }

    private void hand(Collect order, Collected collected) {
        if (!order.written()) {
            if (collected.outcome() instanceof Outcome.Done) {
                stage.supervisor().tell(new StageReport.Hashed(stage.name, order.epoch(), collected.hash()));
            }
        } else if (collected.state().isPresent()) {
            stage.supervisor()
                    .tell(
                            new StageReport.SnapshotTaken(
                                    stage.name,
                                    order.step(),
                                    stage.stopwatch.secondsSince(collected.sinceNs()),
                                    stage.writer));
            stage.writer.tell(
                    new CheckpointWriter.Write(stage.job, collected.state().orElseThrow(), stage.checkpointReports()));
        } else {
            String why = "the checkpoint of step " + order.step() + " was not gathered: a worker was lost meanwhile";
            stage.checkpointReports().tell(new CheckpointWriter.NotWritten(order.step(), why));
        }
    }

    // ----------------------------------------------------------------------------------------------------------------

    private CompletionStage<Outcome> exchange(
            OptimizerShardStore.Exchange exchange, OptimizerShardStore shards, Deadline deadline) {
        return stage.threads
                .withPeers(() -> replica.peers().run(exchange, deadline))
                .thenCompose(outcome ->
                        outcome instanceof Outcome.Done
                                ? stage.threads.onDevice(() -> shards.received(exchange))
                                : CompletableFuture.completedStage(outcome));
    }

    private void answer(Outcome outcome, long epoch, long steps, Deadline deadline) {
        if (outcome instanceof Outcome.Done) {
            stage.supervisor().tell(new StageReport.Ready(stage.name, epoch, steps));
        } else {
            stage.complain(outcome, epoch, deadline);
        }
    }
}
