package dev.pando.actors.stage;

import dev.pando.actors.checkpoint.CheckpointWriter;
import dev.pando.actors.job.ReplicaInventory;
import dev.pando.actors.stage.PipelineStage.CheckpointLoaded;
import dev.pando.actors.stage.PipelineStage.Digest;
import dev.pando.actors.stage.PipelineStage.Hashed;
import dev.pando.actors.stage.PipelineStage.LoadCheckpoint;
import dev.pando.actors.stage.PipelineStage.ReceiveState;
import dev.pando.actors.stage.PipelineStage.SendState;
import dev.pando.actors.stage.PipelineStage.StateReceived;
import dev.pando.actors.stage.PipelineStage.StateSent;
import dev.pando.training.step.Collective.Deadline;
import dev.pando.training.step.Collective.Operation;
import dev.pando.training.step.Collective.Outcome;
import dev.pando.training.step.LossHistory;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;

/// Moves a stage's whole state: to a newcomer, from a peer, from a checkpoint; and hashes it.
final class StateTransfers {
    private final StageContext stage;
    private final StageReplica replica;
    private final DeviceReplica device;
    private final PeerExchange peers;
    private final StageRecord record;

    StateTransfers(StageContext stage, StageReplica replica, StageRecord record) {
        this.stage = stage;
        this.replica = replica;
        this.device = replica.device();
        this.peers = replica.peers();
        this.record = record;
    }

    void send(SendState order) {
        Deadline deadline = new Deadline("state for " + order.to(), order.patienceNs());
        Operation operation = new Operation(order.epoch(), order.operation());
        stage.inOrder(
                "sending state",
                () ->
                        stage.threads
                                .onDevice(() -> device.stateToSend(order.step()))
                                .thenCompose(state ->
                                        stage.threads.withPeers(
                                                () -> peers.send(deadline, operation, order.to(), state)))
                                .thenApply(outcome -> new StateSent(order, outcome)));
    }

    /// The receiver reports; a sender that cannot send finds its newcomer gone, which others see as well.
    void sent(StateSent sent) {
        stage.actor.getLog().debug("{} sent its state to {}: {}", stage.name, sent.order().to(), sent.outcome());
    }

    private static Deadline deadline(ReceiveState order) {
        return new Deadline("state from " + order.from(), order.patienceNs());
    }

    void receive(ReceiveState order) {
        Operation operation = new Operation(order.epoch(), order.operation());
        record.changing();
        stage.inOrder(
                "receiving state",
                () ->
                        stage.threads
                                .onDevice(device::stateToFill)
                                .thenCompose(state ->
                                        stage.threads.withPeers(
                                                () -> peers.receive(deadline(order), operation, order.from(), state)))
                                .thenCompose(outcome ->
                                        outcome instanceof Outcome.Done
                                                ? stage.threads.onDevice(
                                                        () -> device.filled(order.step(), order.history()))
                                                : CompletableFuture.completedStage(outcome))
                                .thenApply(outcome -> new StateReceived(order, outcome)));
    }

    void received(StateReceived received) {
        ReceiveState order = received.order();
        boolean whole = received.outcome() instanceof Outcome.Done;
        replaced(whole ? order.step() : ReplicaInventory.NOTHING, order.history());
        if (whole) {
            stage.supervisor().tell(new StageReport.Ready(stage.name, order.epoch(), order.step()));
        } else {
            stage.complain(received.outcome(), order.epoch(), deadline(order));
        }
    }

    private void replaced(long steps, LossHistory history) {
        SortedSet<Integer> spans = replica.shards().map(OptimizerShardStore::all).orElseGet(TreeSet::new);
        record.replaced(steps, history, spans);
    }

    void load(LoadCheckpoint order) {
        CheckpointWriter.Checkpoint checkpoint = order.checkpoint();
        record.changing();
        stage.onDevice(
                "loading checkpoint " + checkpoint.id(),
                () -> {
                    device.load(checkpoint);
                    return new CheckpointLoaded(order);
                });
    }

    void loaded(CheckpointLoaded loaded) {
        CheckpointWriter.Checkpoint checkpoint = loaded.order().checkpoint();
        replaced(checkpoint.step(), checkpoint.history());
        stage.supervisor().tell(new StageReport.Ready(stage.name, loaded.order().epoch(), checkpoint.step()));
    }

    void digest(Digest order) {
        stage.onDevice("hashing the state", () -> new Hashed(order, device.digest(order.step())));
    }

    void hashed(Hashed hashed) {
        stage.supervisor().tell(new StageReport.Digested(stage.name, hashed.order().step(), hashed.hash()));
    }
}
