package dev.pando.actors.stage;

import dev.pando.actors.job.Epoch;
import dev.pando.actors.job.NamedBehavior;
import dev.pando.actors.stage.PipelineStage.Apply;
import dev.pando.actors.stage.PipelineStage.Command;
import dev.pando.actors.stage.PipelineStage.Compute;
import dev.pando.actors.stage.PipelineStage.Copied;
import dev.pando.actors.stage.PipelineStage.Digest;
import dev.pando.actors.stage.PipelineStage.Drop;
import dev.pando.actors.stage.PipelineStage.EnterEpoch;
import dev.pando.actors.stage.PipelineStage.Failed;
import dev.pando.actors.stage.PipelineStage.Finished;
import dev.pando.actors.stage.PipelineStage.LoadCheckpoint;
import dev.pando.actors.stage.PipelineStage.OptimizerOrder;
import dev.pando.actors.stage.PipelineStage.ReceiveState;
import dev.pando.actors.stage.PipelineStage.Reduce;
import dev.pando.actors.stage.PipelineStage.SendState;
import dev.pando.actors.stage.PipelineStage.Serve;
import dev.pando.actors.stage.PipelineStage.Skip;
import dev.pando.actors.stage.PipelineStage.TakeSnapshot;
import dev.pando.actors.stage.PipelineStage.Tick;
import java.time.Duration;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/// A stage that has a replica: which orders it follows, of whom, and when.
///
/// An order of an epoch that is over is dropped. One that changes the state, or copies it once more, waits for the copy
/// of it that is under way.
final class StageReady {
    private static final Duration LONGEST_TURN = Duration.ofMinutes(5); // then the device must be taken for hung

    private final StageContext stage;
    private final StageWork work;
    private final StageStep step;
    private final StateTransfers transfers;
    private final StageSnapshots snapshots;
    private final OptimizerShardOrders shards;
    private boolean introduced; // whether the supervisor knows what is held here

    StageReady(StageContext stage, StageWork work) {
        this.stage = stage;
        this.work = work;
        this.step = new StageStep(stage, work);
        this.transfers = new StateTransfers(stage, work);
        this.snapshots = new StageSnapshots(stage, work);
        this.shards = new OptimizerShardOrders(stage, work);
    }

    Behavior<Command> begin() {
        introduce();
        return ready(Epoch.beforeFirst(stage.incarnation()));
    }

    /// @param epoch the one that counts; messages of any other are dropped
    private Behavior<Command> ready(long epoch) {
        return NamedBehavior.named(
                "ready",
                Behaviors.receive(Command.class)
                        .onMessage(Serve.class, this::serve)
                        .onMessage(
                                EnterEpoch.class,
                                entered -> entered.membership().epoch() > epoch ? enter(entered) : Behaviors.same())
                        .onMessage(
                                Compute.class,
                                order -> order.epoch() == epoch ? follow(order, step::compute) : Behaviors.same())
                        .onMessage(
                                Reduce.class,
                                order -> order.epoch() == epoch ? follow(order, step::reduce) : Behaviors.same())
                        .onMessage(
                                Apply.class,
                                order ->
                                        order.epoch() == epoch ? changing(epoch, order, step::apply) : Behaviors.same())
                        .onMessage(
                                Skip.class,
                                order -> order.epoch() == epoch ? changing(epoch, order, step::skip) : Behaviors.same())
                        .onMessage(
                                Drop.class,
                                order -> order.epoch() == epoch ? follow(order, step::drop) : Behaviors.same())
                        .onMessage(
                                SendState.class,
                                order -> order.epoch() == epoch ? follow(order, transfers::send) : Behaviors.same())
                        .onMessage(
                                ReceiveState.class,
                                order ->
                                        order.epoch() == epoch
                                                ? changing(epoch, order, transfers::receive)
                                                : Behaviors.same())
                        .onMessage(
                                LoadCheckpoint.class,
                                order ->
                                        order.epoch() == epoch
                                                ? changing(epoch, order, transfers::load)
                                                : Behaviors.same())
                        .onMessage(
                                TakeSnapshot.class,
                                order ->
                                        order.epoch() == epoch
                                                ? changing(epoch, order, snapshots::take)
                                                : Behaviors.same())
                        .onMessage(
                                OptimizerOrder.class,
                                order ->
                                        order.epoch() == epoch
                                                ? changing(epoch, order, shards::follow)
                                                : Behaviors.same())
                        .onMessage(Digest.class, order -> follow(order, transfers::digest))
                        .onMessage(Finished.class, this::finished)
                        .onMessage(Copied.class, copied -> follow(copied, copy -> snapshots.copied(copy, 0)))
                        .onMessage(Failed.class, stage::fail)
                        .onMessage(Tick.class, tick -> giveSign(stage.threads.queuedNs()))
                        .onSignal(PostStop.class, stopping -> leave())
                        .build());
    }

    private <C extends Command> Behavior<Command> follow(C order, Consumer<C> how) {
        how.accept(order);
        return Behaviors.same();
    }

    /// An order that changes the state, or copies it once more, waits for the copy of it that is under way; all other
    /// work goes on beside it.
    private <C extends Command> Behavior<Command> changing(long epoch, C order, Consumer<C> how) {
        if (!snapshots.isCopying()) {
            return follow(order, how);
        }
        stage.stash.stash(order);
        return awaitingCopy(epoch, stage.stopwatch.nanos());
    }

    private Behavior<Command> awaitingCopy(long epoch, long since) {
        return NamedBehavior.named(
                "awaiting the copy",
                Behaviors.receive(Command.class)
                        .onMessage(
                                Copied.class,
                                copied -> {
                                    snapshots.copied(copied, stage.stopwatch.secondsSince(since));
                                    return stage.stash.unstashAll(ready(epoch));
                                })
                        .onMessage(Serve.class, next -> stage.stash.unstashAll(serve(next)))
                        .onMessage(Finished.class, this::finished) // the copy may yet have to begin
                        .onMessage(Failed.class, stage::fail)
                        .onMessage(Tick.class, tick -> giveSign(stage.stopwatch.nanos() - since))
                        .onMessage(
                                Command.class,
                                later -> {
                                    stage.stash.stash(later);
                                    return Behaviors.same();
                                })
                        .onSignal(PostStop.class, stopping -> leave())
                        .build());
    }

    /// The last one is gone. What it began here comes to its end first, if it can.
    private Behavior<Command> serve(Serve next) {
        stage.serves(next.leader());
        introduced = false;
        long beforeFirst = Epoch.beforeFirst(next.leader().incarnation());
        work.stepBack(stage.job.id(), stage.name, beforeFirst);
        introduce();
        return ready(Math.max(work.epoch(), beforeFirst));
    }

    private void introduce() {
        if (!introduced && !work.isChanging()) {
            introduced = true;
            stage.supervisor()
                    .tell(
                            new StageReport.Arrived(
                                    stage.name,
                                    work.holding(),
                                    step.shardNs(),
                                    work.address(),
                                    stage.actor.getSelf(),
                                    stage.worker));
        }
    }

    private Behavior<Command> enter(EnterEpoch entered) {
        long epoch = entered.membership().epoch();
        work.enter(entered.step(), entered.membership());
        step.tellHeld(work.computed(), entered.step(), epoch);
        return ready(epoch);
    }

    private Behavior<Command> finished(Finished finished) {
        finished.next().run();
        introduce();
        return Behaviors.same();
    }

    /// A process that stands still gives none. While the device computes for other jobs this stage is no less at work,
    /// and its supervisor should know that, too.
    ///
    /// @param queuedNs for how long it has waited for its turn, or for the copy of its state
    private Behavior<Command> giveSign(long queuedNs) {
        stage.supervisor().tell(new StageReport.Alive(stage.name));
        if (queuedNs > PipelineStage.TICK.toNanos() && queuedNs < LONGEST_TURN.toNanos()) {
            stage.supervisor().tell(new StageReport.Queued(stage.name, work.epoch(), queuedNs));
        }
        return Behaviors.same();
    }

    private Behavior<Command> leave() {
        work.leave(); // ends what is blocked in the collective
        stage.threads.end(work::close);
        snapshots.abandon();
        return Behaviors.same();
    }
}
