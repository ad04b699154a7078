package dev.pando.chaos.simulation.planted;

import dev.pando.actors.checkpoint.CheckpointWriter;
import dev.pando.actors.stage.PipelineStage;
import dev.pando.actors.stage.StageReport;
import dev.pando.chaos.simulation.world.Tampering;
import dev.pando.training.step.CheckpointStore;
import dev.pando.training.step.ForwardingCheckpointStore;
import dev.pando.training.step.LossHistory;
import dev.pando.training.step.Trainer;
import dev.pando.training.step.Trainer.Examined;
import dev.pando.training.step.Trainer.ShardLoss;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/// Bugs between the actors and around them: messages that say the wrong thing, trainers, collectives and stores that
/// break a promise.
final class SeamBugs {
    private SeamBugs() {}

    static Map<String, Supplier<Tampering>> all() {
        Map<String, Supplier<Tampering>> bugs = new LinkedHashMap<>();
        messages(bugs);
        TrainerBugs.all().forEach((name, bug) -> bugs.put(name, () -> onTrainer(bug)));
        CollectiveBugs.all().forEach((name, bug) -> bugs.put(name, bug));
        stores(bugs);
        return bugs;
    }

    private static void messages(Map<String, Supplier<Tampering>> bugs) {
        bugs.put(
                "an order forgets its last shard",
                () ->
                        onMessage(message ->
                                message instanceof PipelineStage.Compute(long step, long epoch, List<Integer> shards)
                                                && step > 2
                                                && !shards.isEmpty()
                                        ? new PipelineStage.Compute(step, epoch, shards.subList(0, shards.size() - 1))
                                        : message));
        bugs.put(
                "an order asks for a shard too many",
                () ->
                        onMessage(message ->
                                message instanceof PipelineStage.Compute(long step, long epoch, List<Integer> shards)
                                                && epoch > 1
                                        ? new PipelineStage.Compute(step, epoch, withFirst(shards))
                                        : message));
        bugs.put(
                "a newcomer is told the step before",
                () ->
                        onMessage(message ->
                                message instanceof PipelineStage.ReceiveState order
                                        ? new PipelineStage.ReceiveState(
                                                order.epoch(),
                                                order.operation(),
                                                order.from(),
                                                order.step() - 1,
                                                order.history(),
                                                order.patienceNs())
                                        : message));
        bugs.put(
                "a newcomer begins an empty loss history",
                () ->
                        onMessage(message ->
                                message instanceof PipelineStage.ReceiveState order
                                        ? new PipelineStage.ReceiveState(
                                                order.epoch(),
                                                order.operation(),
                                                order.from(),
                                                order.step(),
                                                LossHistory.EMPTY,
                                                order.patienceNs())
                                        : message));
        bugs.put(
                "the job forgets the loss history of its checkpoint",
                () ->
                        onMessage(message ->
                                message instanceof CheckpointWriter.Found(var checkpoint, var damaged)
                                        ? new CheckpointWriter.Found(
                                                checkpoint.map(each ->
                                                        new CheckpointWriter.Checkpoint(
                                                                each.id(), each.step(), LossHistory.EMPTY)),
                                                damaged)
                                        : message));
        bugs.put(
                "the job takes its checkpoint for that of a step later",
                () ->
                        onMessage(message ->
                                message instanceof CheckpointWriter.Found(var checkpoint, var damaged)
                                        ? new CheckpointWriter.Found(
                                                checkpoint.map(each ->
                                                        new CheckpointWriter.Checkpoint(
                                                                each.id(), each.step() + 1, each.history())),
                                                damaged)
                                        : message));
        bugs.put(
                "a checkpoint is said to hold a step more",
                () ->
                        onMessage(message ->
                                message instanceof CheckpointWriter.Durable durable
                                        ? new CheckpointWriter.Durable(
                                                durable.step() + 1,
                                                durable.checkpoint(),
                                                durable.bytes(),
                                                durable.seconds())
                                        : message));
        bugs.put(
                "a lost message is not sent again: the answer that a step is applied",
                () ->
                        onMessage(message ->
                                message instanceof StageReport.Applied applied && applied.committed().step() == 4
                                        ? null
                                        : message));
        bugs.put("one vote is counted for all", OneVote::new);
        bugs.put(
                "a worker's own loss passes for the step's",
                () ->
                        onMessage(message ->
                                message instanceof PipelineStage.Apply(long step, long epoch, ShardLoss total)
                                                && epoch > 1
                                        ? new PipelineStage.Apply(
                                                step, epoch, new ShardLoss(total.lossSum() / 2, total.tokens()))
                                        : message));
    }

    private static List<Integer> withFirst(List<Integer> shards) {
        List<Integer> more = new ArrayList<>(shards);
        more.add(0);
        return more;
    }

    private static void stores(Map<String, Supplier<Tampering>> bugs) {
        bugs.put("a checkpoint is published before it is written", () -> onStore(EarlyStore::new));
        bugs.put("loading forgets the second moments", () -> onStore(StoreBugs.WithoutSecondMoments::new));
        bugs.put(
                "a store keeps the writer's buffer instead of a copy",
                () -> {
                    List<StoreBugs.Kept> kept = new ArrayList<>();
                    return onStore(store -> new StoreBugs.Live(store, kept));
                });
        bugs.put("a store hands out the checkpoint before the one asked for", () -> onStore(StoreBugs.Older::new));
        bugs.put("damaged checkpoints are not passed over", () -> onStore(StoreBugs.Unverified::new));
    }

    private static Tampering onMessage(UnaryOperator<Object> change) {
        return new Tampering() {
            @Override
            public Object message(String sender, String receiver, Object message) {
                return change.apply(message);
            }
        };
    }

    private static Tampering onTrainer(Function<Named, Trainer> bug) {
        return new Tampering() {
            @Override
            public Trainer trainer(String worker, Trainer trainer) {
                return bug.apply(new Named(worker, trainer));
            }
        };
    }

    private static Tampering onStore(UnaryOperator<CheckpointStore> bug) {
        return new Tampering() {
            @Override
            public CheckpointStore store(CheckpointStore store) {
                return bug.apply(store);
            }
        };
    }

    /// A trainer and whose it is.
    record Named(String worker, Trainer trainer) {}

    private static final class OneVote implements Tampering {
        private long step = -1;
        private Optional<Examined> first = Optional.empty();

        @Override
        public Object message(String sender, String receiver, Object message) {
            if (message instanceof StageReport.Voted(String worker, long voted, long epoch, Examined examined)) {
                if (voted != step) {
                    step = voted;
                    first = Optional.of(examined);
                }
                return new StageReport.Voted(worker, voted, epoch, first.orElse(examined));
            }
            return message;
        }
    }

    /// Says that it is done while it is still at it.
    private static final class EarlyStore extends ForwardingCheckpointStore {
        private EarlyStore(CheckpointStore store) {
            super(store);
        }

        @Override
        public Saved save(dev.pando.training.step.TrainerState state, Map<String, String> attributes) {
            return new Saved(
                    "step-" + state.step(), state.step(), state.history(), attributes, 0); // and writes nothing
        }
    }
}
