package dev.pando.actors.stage;

import dev.pando.actors.checkpoint.CheckpointWriter;
import dev.pando.actors.job.Epoch;
import dev.pando.actors.job.ReplicaInventory;
import dev.pando.actors.job.StageFailure;
import dev.pando.actors.planning.MomentTransfer;
import dev.pando.actors.stage.PipelineStage.Collect;
import dev.pando.actors.stage.PipelineStage.Keep;
import dev.pando.actors.stage.PipelineStage.OptimizerOrder;
import dev.pando.actors.stage.PipelineStage.Regroup;
import dev.pando.actors.stage.PipelineStage.Update;
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

/// What a stage does about orders that there are only where optimizer state is sharded.
final class OptimizerShardOrders {
    /// @param applied empty where the step had been applied before
    private record Updated(Optional<StageWork.Applied> applied, Outcome outcome) {}

    private record Begun(Optional<StageWork.Applied> applied, OptimizerShardStore.Exchange exchange) {}

    private final StageContext stage;
    private final StageWork work;

    OptimizerShardOrders(StageContext stage, StageWork work) {
        this.stage = stage;
        this.work = work;
    }

    void follow(OptimizerOrder order) {
        OptimizerShardStore shards =
                work.shards().orElseThrow(() -> new StageFailure("the optimizer state of " + stage.name + " is whole"));
        switch (order) {
            case Update update -> update(update, shards);
            case Regroup regroup -> regroup(regroup, shards);
            case Keep keep -> keep(keep, shards);
            case Collect collect -> collect(collect, shards);
        }
    }

    /// What fails here fails for everybody: it is done again in a new epoch, by those who are left.
    private void update(Update order, OptimizerShardStore shards) {
        Deadline deadline = new Deadline("weights of step " + order.step(), order.patienceNs());
        work.changing();
        stage.inOrder(
                "applying step " + order.step(),
                () ->
                        stage.threads
                                .onDevice(() -> {
                                    shards.keep(order.placement().of(stage.name));
                                    Optional<StageWork.Applied> applied =
                                            work.isApplied(order.step())
                                                    ? Optional.empty()
                                                    : Optional.of(commit(order));
                                    List<MomentTransfer> gather =
                                            MomentTransfer.gather(order.placement(), shards.cut());
                                    return new Begun(
                                            applied, shards.exchange(gather, order.epoch(), order.operation()));
                                })
                                .thenCompose(begun ->
                                        exchange(begun.exchange, shards, deadline)
                                                .thenApply(outcome -> new Updated(begun.applied, outcome))),
                updated -> {
                    boolean whole = updated.outcome instanceof Outcome.Done;
                    work.updated(updated.applied, order.placement().of(stage.name), whole);
                    updated.applied.ifPresent(applied ->
                            stage.supervisor()
                                    .tell(new StageReport.Applied(stage.name, order.epoch(), applied.committed())));
                    answer(updated.outcome, order.epoch(), order.step() + 1, deadline);
                });
    }

    private StageWork.Applied commit(Update order) {
        return order.total().map(total -> work.apply(order.step(), total)).orElseGet(() -> work.skip(order.step()));
    }

    /// What was held before is held whatever comes of this.
    private void regroup(Regroup order, OptimizerShardStore shards) {
        Deadline deadline = new Deadline("moments at step " + order.step(), order.patienceNs());
        boolean newcomer = order.newcomers().contains(stage.name);
        SortedSet<Integer> before = order.from().of(stage.name);
        SortedSet<Integer> after = new TreeSet<>(before);
        after.addAll(order.to().of(stage.name));
        work.changing();
        stage.inOrder(
                "sharing the moments anew",
                () ->
                        stage.threads
                                .onDevice(() -> {
                                    begin(order, before, newcomer, shards);
                                    shards.add(after);
                                    List<MomentTransfer> rebuild =
                                            MomentTransfer.rebuild(
                                                    order.from(),
                                                    order.to(),
                                                    order.donors(),
                                                    order.newcomers(),
                                                    shards.cut());
                                    return shards.exchange(rebuild, order.epoch(), order.operation());
                                })
                                .thenCompose(exchange -> exchange(exchange, shards, deadline))
                                .thenCompose(outcome ->
                                        stage.threads.onDevice(() -> settle(order, outcome, before, newcomer, shards))),
                outcome -> {
                    boolean done = outcome instanceof Outcome.Done;
                    if (newcomer) {
                        work.replaced(done ? order.step() : ReplicaInventory.NOTHING, order.history());
                    } else {
                        work.changed();
                    }
                    work.shares(done ? after : before, true);
                    answer(outcome, order.epoch(), order.step(), deadline);
                });
    }

    /// Of a newcomer nothing counts, and before the first step all moments are 0.
    private void begin(Regroup order, SortedSet<Integer> before, boolean newcomer, OptimizerShardStore shards) {
        if (newcomer || order.step() == 0) {
            shards.beginAnew();
        } else {
            work.requireState(order.step());
            shards.retain(before);
        }
    }

    private Outcome settle(
            Regroup order, Outcome outcome, SortedSet<Integer> before, boolean newcomer, OptimizerShardStore shards) {
        if (!(outcome instanceof Outcome.Done)) {
            shards.retain(before);
        } else if (newcomer) {
            work.restored(order.step(), order.history());
        }
        return outcome;
    }

    private void keep(Keep order, OptimizerShardStore shards) {
        work.changing();
        stage.onDevice(
                "keeping a share of the moments",
                () -> shards.keep(order.spans()),
                kept -> {
                    work.changed();
                    work.shares(order.spans(), true);
                });
    }

    /// Nothing changes, but nothing may change either: the next step waits.
    private void collect(Collect order, OptimizerShardStore shards) {
        Deadline deadline = new Deadline("state of step " + order.step(), order.patienceNs());
        long incarnation = Epoch.incarnation(order.epoch());
        long since = stage.stopwatch.nanos();
        stage.inOrder(
                "putting the state together",
                () ->
                        stage.threads
                                .onDevice(() -> shards.collect(order, incarnation))
                                .thenCompose(exchange -> stage.threads.withPeers(() -> shards.run(exchange, deadline)))
                                .thenCompose(outcome -> stage.threads.onDevice(() -> made(order, outcome, shards))),
                made -> {
                    if (order.collector().equals(stage.name) && incarnation == stage.incarnation()) {
                        hand(order, made, stage.stopwatch.secondsSince(since));
                    }
                    stage.complain(made.outcome, order.epoch(), deadline);
                });
    }

    /// @param state where it is to be written
    /// @param hash where that was asked for
    private record Made(Outcome outcome, Optional<TrainerState> state, String hash) {}

    private Made made(Collect order, Outcome outcome, OptimizerShardStore shards) {
        if (!order.collector().equals(stage.name) || !(outcome instanceof Outcome.Done)) {
            return new Made(outcome, Optional.empty(), "");
        }
        TrainerState state = shards.collected();
        return order.written()
                ? new Made(outcome, Optional.of(state), "")
                : new Made(outcome, Optional.empty(), StateHash.of(state));
    }

    private void hand(Collect order, Made made, double seconds) {
        if (!order.written()) {
            if (made.outcome instanceof Outcome.Done) {
                stage.supervisor().tell(new StageReport.Hashed(stage.name, order.epoch(), made.hash));
            }
        } else if (made.state.isPresent()) {
            stage.supervisor().tell(new StageReport.SnapshotTaken(stage.name, order.step(), seconds, stage.writer));
            stage.writer.tell(
                    new CheckpointWriter.Write(stage.job, made.state.orElseThrow(), stage.checkpointReports()));
        } else {
            String why =
                    "the checkpoint of step " + order.step() + " was not put together: somebody was lost meanwhile";
            stage.checkpointReports().tell(new CheckpointWriter.NotWritten(order.step(), why));
        }
    }

    private CompletionStage<Outcome> exchange(
            OptimizerShardStore.Exchange exchange, OptimizerShardStore shards, Deadline deadline) {
        return stage.threads
                .withPeers(() -> shards.run(exchange, deadline))
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
