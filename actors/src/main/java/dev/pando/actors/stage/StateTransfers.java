package dev.pando.actors.stage;

import dev.pando.actors.checkpoint.CheckpointWriter;
import dev.pando.actors.job.ReplicaInventory;
import dev.pando.actors.stage.PipelineStage.Digest;
import dev.pando.actors.stage.PipelineStage.LoadCheckpoint;
import dev.pando.actors.stage.PipelineStage.ReceiveState;
import dev.pando.actors.stage.PipelineStage.SendState;
import dev.pando.training.step.Collective.Deadline;
import dev.pando.training.step.Collective.Outcome;
import java.util.concurrent.CompletableFuture;

/// What a stage does with its state as a whole: sends it to a newcomer, takes it from a peer or a checkpoint, and says
/// what its bits are.
final class StateTransfers {
    private final StageContext stage;
    private final StageWork work;

    StateTransfers(StageContext stage, StageWork work) {
        this.stage = stage;
        this.work = work;
    }

    void send(SendState order) {
        Deadline deadline = new Deadline("state for " + order.to(), order.patienceNs());
        stage.inOrder(
                "sending state",
                () ->
                        stage.threads
                                .onDevice(() -> work.stateToSend(order.step()))
                                .thenCompose(state -> stage.threads.withPeers(() -> work.send(deadline, order, state))),
                outcome -> {
                    // The receiver reports; a sender that cannot send finds its newcomer gone, which others see as
                    // well.
                    stage.actor.getLog().debug("{} sent its state to {}: {}", stage.name, order.to(), outcome);
                });
    }

    void receive(ReceiveState order) {
        Deadline deadline = new Deadline("state from " + order.from(), order.patienceNs());
        work.changing();
        stage.inOrder(
                "receiving state",
                () ->
                        stage.threads
                                .onDevice(work::stateToFill)
                                .thenCompose(
                                        state -> stage.threads.withPeers(() -> work.receive(deadline, order, state)))
                                .thenCompose(outcome ->
                                        outcome instanceof Outcome.Done
                                                ? stage.threads.onDevice(() -> work.filled(order))
                                                : CompletableFuture.completedStage(outcome)),
                outcome -> {
                    boolean whole = outcome instanceof Outcome.Done;
                    work.replaced(whole ? order.step() : ReplicaInventory.NOTHING, order.history());
                    if (whole) {
                        stage.supervisor().tell(new StageReport.Ready(stage.name, order.epoch(), order.step()));
                    } else {
                        stage.complain(outcome, order.epoch(), deadline);
                    }
                });
    }

    void load(LoadCheckpoint order) {
        CheckpointWriter.Checkpoint checkpoint = order.checkpoint();
        work.changing();
        stage.onDevice(
                "loading checkpoint " + checkpoint.id(),
                () -> work.load(checkpoint),
                nothing -> {
                    work.replaced(checkpoint.step(), checkpoint.history());
                    stage.supervisor().tell(new StageReport.Ready(stage.name, order.epoch(), checkpoint.step()));
                });
    }

    void digest(Digest order) {
        stage.onDevice(
                "hashing the state",
                () -> work.digest(order.step()),
                hash -> stage.supervisor().tell(new StageReport.Digested(stage.name, order.step(), hash)));
    }
}
