package dev.pando.actors.stage;

import dev.pando.actors.job.Epoch;
import dev.pando.actors.job.NamedBehavior;
import dev.pando.actors.stage.PipelineStage.Apply;
import dev.pando.actors.stage.PipelineStage.Built;
import dev.pando.actors.stage.PipelineStage.Change;
import dev.pando.actors.stage.PipelineStage.CheckpointLoaded;
import dev.pando.actors.stage.PipelineStage.Collected;
import dev.pando.actors.stage.PipelineStage.Command;
import dev.pando.actors.stage.PipelineStage.Compute;
import dev.pando.actors.stage.PipelineStage.Copied;
import dev.pando.actors.stage.PipelineStage.CopyReady;
import dev.pando.actors.stage.PipelineStage.Digest;
import dev.pando.actors.stage.PipelineStage.Drop;
import dev.pando.actors.stage.PipelineStage.EnterEpoch;
import dev.pando.actors.stage.PipelineStage.Failed;
import dev.pando.actors.stage.PipelineStage.Hashed;
import dev.pando.actors.stage.PipelineStage.Kept;
import dev.pando.actors.stage.PipelineStage.LoadCheckpoint;
import dev.pando.actors.stage.PipelineStage.OptimizerOrder;
import dev.pando.actors.stage.PipelineStage.Order;
import dev.pando.actors.stage.PipelineStage.ReceiveState;
import dev.pando.actors.stage.PipelineStage.Reduce;
import dev.pando.actors.stage.PipelineStage.Regrouped;
import dev.pando.actors.stage.PipelineStage.Result;
import dev.pando.actors.stage.PipelineStage.SendState;
import dev.pando.actors.stage.PipelineStage.Serve;
import dev.pando.actors.stage.PipelineStage.ShardComputed;
import dev.pando.actors.stage.PipelineStage.Skip;
import dev.pando.actors.stage.PipelineStage.StateReceived;
import dev.pando.actors.stage.PipelineStage.StateSent;
import dev.pando.actors.stage.PipelineStage.StepApplied;
import dev.pando.actors.stage.PipelineStage.SumReduced;
import dev.pando.actors.stage.PipelineStage.TakeSnapshot;
import dev.pando.actors.stage.PipelineStage.Tick;
import dev.pando.actors.stage.PipelineStage.Updated;
import dev.pando.training.step.Collective.Member;
import dev.pando.training.step.Collective.Membership;
import java.time.Duration;
import java.util.List;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.Signal;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/// A stage that has a replica: which orders it follows, of which supervisor, and when.
///
/// An order of an epoch that is over is dropped. One that changes the state, or copies it once more, waits for the copy
/// of it that is under way.
final class StageReady {
    private static final Duration LONGEST_TURN = Duration.ofMinutes(5); // then the device must be taken for hung

    private final StageContext stage;
    private final StageReplica replica;
    private final StageRecord record;
    private final StageStep step;
    private final StateTransfers transfers;
    private final StageSnapshots snapshots;
    private final OptimizerShardOrders shards;
    private boolean introduced; // whether the supervisor knows what is held here

    StageReady(StageContext stage, StageReplica replica) {
        this.stage = stage;
        this.replica = replica;
        this.record = new StageRecord(replica.spans());
        this.step = new StageStep(stage, replica, record);
        this.transfers = new StateTransfers(stage, replica, record);
        this.snapshots = new StageSnapshots(stage, replica);
        this.shards = new OptimizerShardOrders(stage, replica, record);
    }

    Behavior<Command> begin() {
        introduce();
        return ready(Epoch.beforeFirst(stage.incarnation()));
    }

    /// @param epoch that counts; orders of any other are dropped
    private Behavior<Command> ready(long epoch) {
        return NamedBehavior.named(
                "ready",
                Behaviors.receive(
                        (_, command) ->
                                switch (command) {
                                    case Serve next -> serve(next);
                                    case EnterEpoch entered ->
                                            entered.membership().epoch() > epoch ? enter(entered) : Behaviors.same();
                                    case Order order -> isOf(order, epoch) ? follow(epoch, order) : Behaviors.same();
                                    case Digest digest -> {
                                        transfers.digest(digest);
                                        yield Behaviors.same();
                                    }
                                    case Result result -> finished(result);
                                    case Copied copied -> {
                                        snapshots.copied(copied, 0);
                                        yield Behaviors.same();
                                    }
                                    case Failed failed -> stage.fail(failed);
                                    case Tick() -> giveSign(stage.threads.queuedNs());
                                    case Built _ -> Behaviors.unhandled();
                                },
                        (_, signal) -> ended(signal)));
    }

    private static boolean isOf(Order order, long epoch) {
        return order.epoch() == epoch;
    }

    private Behavior<Command> follow(long epoch, Order order) {
        if (order instanceof Change && snapshots.isCopying()) {
            stage.stash.stash(order);
            return awaitingCopy(epoch, stage.stopwatch.nanos());
        }
        switch (order) {
            case Compute compute -> step.compute(compute);
            case Reduce reduce -> step.reduce(reduce);
            case Apply apply -> step.apply(apply);
            case Skip skip -> step.skip(skip);
            case Drop _ -> record.drop();
            case SendState send -> transfers.send(send);
            case ReceiveState receive -> transfers.receive(receive);
            case LoadCheckpoint load -> transfers.load(load);
            case TakeSnapshot take -> snapshots.take(take);
            case OptimizerOrder ofOptimizer -> shards.follow(ofOptimizer);
        }
        return Behaviors.same();
    }

    private Behavior<Command> finished(Result result) {
        switch (result) {
            case ShardComputed shard -> step.computed(shard);
            case SumReduced sum -> step.reduced(sum);
            case StepApplied applied -> step.applied(applied);
            case StateSent sent -> transfers.sent(sent);
            case StateReceived received -> transfers.received(received);
            case CheckpointLoaded loaded -> transfers.loaded(loaded);
            case Hashed hashed -> transfers.hashed(hashed);
            case CopyReady ready -> snapshots.copy(ready);
            case Updated updated -> shards.updated(updated);
            case Regrouped regrouped -> shards.regrouped(regrouped);
            case Kept kept -> shards.kept(kept);
            case Collected collected -> shards.collected(collected);
        }
        introduce();
        return Behaviors.same();
    }

    private Behavior<Command> awaitingCopy(long epoch, long since) {
        return NamedBehavior.named(
                "awaiting the copy",
                Behaviors.receive(
                        (_, command) ->
                                switch (command) {
                                    case Copied copied -> {
                                        snapshots.copied(copied, stage.stopwatch.secondsSince(since));
                                        yield stage.stash.unstashAll(ready(epoch));
                                    }
                                    case Serve next -> stage.stash.unstashAll(serve(next));
                                    case Result result -> finished(result); // the copy may yet have to start
                                    case Failed failed -> stage.fail(failed);
                                    case Tick() -> giveSign(stage.stopwatch.nanos() - since);
                                    case EnterEpoch _, Order _, Digest _, Built _ -> {
                                        stage.stash.stash(command);
                                        yield Behaviors.same();
                                    }
                                },
                        (_, signal) -> ended(signal)));
    }

    /// The previous supervisor is gone. What it started here comes to its end first, if it can.
    private Behavior<Command> serve(Serve next) {
        stage.serves(next.leader());
        introduced = false;
        long beforeFirst = Epoch.beforeFirst(next.leader().incarnation());
        if (beforeFirst > record.epoch()) { // ends what waits for peers on an order of the previous supervisor
            Member self = new Member(stage.name, replica.collective().address());
            enter(record.step(), new Membership(stage.job.id(), beforeFirst, List.of(self)));
        }
        introduce();
        return ready(Math.max(record.epoch(), beforeFirst));
    }

    private void introduce() {
        if (!introduced && !record.isChanging()) {
            introduced = true;
            stage.supervisor()
                    .tell(
                            new StageReport.Arrived(
                                    stage.name,
                                    record.inventory(),
                                    step.shardNs(),
                                    replica.collective().address(),
                                    stage.actor.getSelf(),
                                    stage.worker));
        }
    }

    private Behavior<Command> enter(EnterEpoch entered) {
        enter(entered.step(), entered.membership());
        step.tellHeld(record.computed(), entered.step(), record.epoch());
        return ready(record.epoch());
    }

    private void enter(long stepInFlight, Membership membership) {
        replica.collective().enter(membership);
        record.enter(membership.epoch(), stepInFlight);
    }

    /// A process that stands still gives no sign. While the device computes for other jobs this stage is no less at
    /// work, and its supervisor should know that, too.
    ///
    /// @param queuedNs for how long it has waited for its turn, or for the copy of its state
    private Behavior<Command> giveSign(long queuedNs) {
        stage.supervisor().tell(new StageReport.Alive(stage.name));
        if (queuedNs > PipelineStage.TICK.toNanos() && queuedNs < LONGEST_TURN.toNanos()) {
            stage.supervisor().tell(new StageReport.Queued(stage.name, record.epoch(), queuedNs));
        }
        return Behaviors.same();
    }

    private Behavior<Command> ended(Signal signal) {
        if (signal instanceof PostStop) {
            replica.collective().leave(); // ends what is blocked in the collective
            stage.threads.end(replica::close);
            snapshots.abandon();
        }
        return Behaviors.same();
    }
}
