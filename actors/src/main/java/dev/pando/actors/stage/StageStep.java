package dev.pando.actors.stage;

import dev.pando.actors.liveness.ResponseTimes;
import dev.pando.actors.stage.PipelineStage.Apply;
import dev.pando.actors.stage.PipelineStage.Compute;
import dev.pando.actors.stage.PipelineStage.Reduce;
import dev.pando.actors.stage.PipelineStage.Result;
import dev.pando.actors.stage.PipelineStage.ShardComputed;
import dev.pando.actors.stage.PipelineStage.Skip;
import dev.pando.actors.stage.PipelineStage.StepApplied;
import dev.pando.actors.stage.PipelineStage.SumReduced;
import dev.pando.training.step.Collective.Deadline;
import dev.pando.training.step.Collective.Outcome;
import dev.pando.training.step.Trainer.Examined;
import dev.pando.training.step.Trainer.ShardLoss;
import java.util.SortedMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/// A stage's part of the step in flight: computes batch shards, takes part in the sum, votes, and applies.
final class StageStep {
    private final StageContext stage;
    private final DeviceReplica device;
    private final PeerExchange peers;
    private final StageRecord record;
    private final ResponseTimes times = new ResponseTimes(1, 0); // of batch shards

    StageStep(StageContext stage, StageReplica replica, StageRecord record) {
        this.stage = stage;
        this.device = replica.device();
        this.peers = replica.peers();
        this.record = record;
    }

    /// What the slow ones of the latest batch shards took; 0 before the first.
    long shardNs() {
        return times.slowNs();
    }

    void tellHeld(SortedMap<Integer, ShardLoss> held, long step, long epoch) {
        held.forEach((shard, loss) ->
                stage.supervisor().tell(new StageReport.Computed(stage.name, step, epoch, shard, loss, 0)));
    }

    void compute(Compute order) {
        record.order(order.step(), order.shards());
        // A supervisor that took over may not have read the report of what is held, and orders it again.
        SortedMap<Integer, ShardLoss> held = record.computed();
        held.keySet().retainAll(order.shards());
        tellHeld(held, order.step(), order.epoch());
        computeNext();
    }

    /// One shard at a time, so that any other task of the device waits for one shard at most.
    private void computeNext() {
        record.takeNext()
                .ifPresent(task ->
                        stage.onDevice(
                                "step " + task.step() + ", batch shard " + task.shard(),
                                () -> {
                                    long begin = stage.stopwatch.nanos();
                                    ShardLoss loss = device.computeShard(task);
                                    return new ShardComputed(task, loss, stage.stopwatch.secondsSince(begin));
                                }));
    }

    void computed(ShardComputed shard) {
        times.observe(Math.round(shard.seconds() * 1e9));
        StageRecord.Task task = shard.task();
        if (record.finished(task, shard.loss())) {
            stage.supervisor()
                    .tell(
                            new StageReport.Computed(
                                    stage.name,
                                    task.step(),
                                    record.epoch(),
                                    task.shard(),
                                    shard.loss(),
                                    shard.seconds()));
        }
        computeNext();
    }

    private static Deadline deadline(Reduce order) {
        return new Deadline("all-reduce of step " + order.step(), order.patienceNs());
    }

    void reduce(Reduce order) {
        Deadline deadline = deadline(order);
        int round = record.round();
        record.summing();
        stage.inOrder(
                deadline.name(),
                () ->
                        stage.threads
                                .withPeers(() -> peers.sum(deadline, order.epoch(), order.step(), round))
                                .thenCompose(outcome -> examine(order, outcome)));
    }

    private CompletionStage<Result> examine(Reduce order, Outcome outcome) {
        return outcome instanceof Outcome.Done
                ? stage.threads.onDevice(() -> new SumReduced(order, outcome, device.examine(order.total())))
                : CompletableFuture.completedStage(new SumReduced(order, outcome, new Examined(Double.NaN, 0)));
    }

    void reduced(SumReduced sum) {
        Reduce order = sum.order();
        if (sum.outcome() instanceof Outcome.Done) {
            record.summed(order.step(), order.total(), sum.examined());
            stage.supervisor().tell(new StageReport.Voted(stage.name, order.step(), order.epoch(), sum.examined()));
        } else {
            stage.complain(sum.outcome(), order.epoch(), deadline(order));
        }
    }

    void apply(Apply order) {
        commit("applying step " + order.step(), order.epoch(), () -> device.apply(order.step(), order.total()));
    }

    void skip(Skip order) {
        commit("skipping step " + order.step(), order.epoch(), () -> device.skip(order.step()));
    }

    private void commit(String what, long epoch, Callable<StageRecord.Applied> commit) {
        record.changing();
        stage.onDevice(what, () -> new StepApplied(epoch, commit.call()));
    }

    void applied(StepApplied step) {
        record.applied(step.applied());
        stage.supervisor().tell(new StageReport.Applied(stage.name, step.epoch(), step.applied().committed()));
    }
}
