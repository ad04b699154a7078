package dev.pando.actors.stage;

import dev.pando.actors.liveness.ResponseTimes;
import dev.pando.actors.stage.PipelineStage.Apply;
import dev.pando.actors.stage.PipelineStage.Compute;
import dev.pando.actors.stage.PipelineStage.Drop;
import dev.pando.actors.stage.PipelineStage.Reduce;
import dev.pando.actors.stage.PipelineStage.Skip;
import dev.pando.training.step.Collective.Deadline;
import dev.pando.training.step.Collective.Outcome;
import dev.pando.training.step.Trainer.Examined;
import dev.pando.training.step.Trainer.ShardLoss;
import java.util.SortedMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;

/// A stage's part of the step in flight: computes batch shards, takes part in the sum, votes, and applies.
final class StageStep {
    /// A batch shard that is computed, and what that took.
    private record Shard(ShardLoss loss, double seconds) {}

    private final StageContext stage;
    private final StageWork work;
    private final ResponseTimes pace = new ResponseTimes(1, 0); // of batch shards

    StageStep(StageContext stage, StageWork work) {
        this.stage = stage;
        this.work = work;
    }

    /// What the slow ones of the latest batch shards took; 0 before the first.
    long shardNs() {
        return pace.slowNs();
    }

    void tellHeld(SortedMap<Integer, ShardLoss> held, long step, long epoch) {
        held.forEach((shard, loss) ->
                stage.supervisor().tell(new StageReport.Computed(stage.name, step, epoch, shard, loss, 0)));
    }

    void compute(Compute order) {
        work.order(order.step(), order.shards());
        // Who asks for what is held has missed the word of it: a supervisor that took over had newcomers to serve then.
        SortedMap<Integer, ShardLoss> held = work.computed();
        held.keySet().retainAll(order.shards());
        tellHeld(held, order.step(), order.epoch());
        computeNext();
    }

    /// One shard at a time, so that whatever else the device is asked for waits for one shard at most.
    private void computeNext() {
        work.takeNext()
                .ifPresent(next -> {
                    Callable<Shard> task =
                            () -> {
                                long begin = stage.stopwatch.nanos();
                                ShardLoss loss = work.computeShard(next);
                                return new Shard(loss, stage.stopwatch.secondsSince(begin));
                            };
                    stage.onDevice(
                            "step " + next.step() + ", batch shard " + next.shard(),
                            task,
                            shard -> computed(next, shard));
                });
    }

    private void computed(StageWork.Task task, Shard shard) {
        pace.observe(Math.round(shard.seconds() * 1e9));
        if (work.finished(task, shard.loss())) {
            stage.supervisor()
                    .tell(
                            new StageReport.Computed(
                                    stage.name,
                                    task.step(),
                                    work.epoch(),
                                    task.shard(),
                                    shard.loss(),
                                    shard.seconds()));
        }
        computeNext();
    }

    void reduce(Reduce order) {
        Deadline deadline = new Deadline("all-reduce of step " + order.step(), order.patienceNs());
        int round = work.round();
        work.summing();
        stage.inOrder(
                deadline.name(),
                () ->
                        stage.threads
                                .withPeers(() -> work.sum(order, round, deadline))
                                .thenCompose(outcome ->
                                        outcome instanceof Outcome.Done
                                                ? stage.threads.onDevice(
                                                        () -> new StageWork.Sum(outcome, work.examine(order.total())))
                                                : CompletableFuture.completedStage(
                                                        new StageWork.Sum(outcome, new Examined(Double.NaN, 0)))),
                sum -> {
                    if (sum.outcome() instanceof Outcome.Done) {
                        work.summed(order.step(), order.total(), sum.examined());
                        stage.supervisor()
                                .tell(new StageReport.Voted(stage.name, order.step(), order.epoch(), sum.examined()));
                    } else {
                        stage.complain(sum.outcome(), order.epoch(), deadline);
                    }
                });
    }

    void apply(Apply order) {
        commit("applying step " + order.step(), order.epoch(), () -> work.apply(order.step(), order.total()));
    }

    void skip(Skip order) {
        commit("skipping step " + order.step(), order.epoch(), () -> work.skip(order.step()));
    }

    private void commit(String what, long epoch, Callable<StageWork.Applied> commit) {
        work.changing();
        stage.onDevice(
                what,
                commit,
                applied -> {
                    work.applied(applied);
                    stage.supervisor().tell(new StageReport.Applied(stage.name, epoch, applied.committed()));
                });
    }

    void drop(Drop order) {
        work.drop();
    }
}
