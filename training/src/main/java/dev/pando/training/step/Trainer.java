package dev.pando.training.step;

import dev.pando.training.ops.Sums;
import dev.pando.training.tensor.TensorTable;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/// One replica of a model and its optimizer on one device: computes batch shards, applies or drops steps.
///
/// Not thread-safe: a device's one thread calls it. Nothing here knows who else computes; the same calls with the same
/// sums give the same bits on any device of the same kind, with any number of threads.
public interface Trainer extends AutoCloseable {
    /// Number of committed steps, and so the number of the step that is computed next.
    long step();

    /// The model's tensors; a gradient span has its length.
    TensorTable table();

    /// Computes the gradient of the *summed* loss over one batch shard of the step in flight. Changes nothing but the
    /// span: may be repeated, in any order, by any replica.
    ///
    /// @param shard number of the batch shard
    /// @param gradient overwritten; float32 of [TensorTable#length()] elements, padding zero
    ShardLoss compute(int shard, MemorySegment gradient);

    /// `sum += other`, of gradient spans, wherever they are quickest to add.
    default void add(MemorySegment sum, MemorySegment other) {
        Sums.add(sum, other, table().length());
    }

    /// Looks at the sum over all batch shards before the vote, and changes nothing.
    ///
    /// @param gradientSum along the [ShardTree], see [Collective#allReduce]
    /// @param total losses and tokens of all shards, added along the same tree
    Examined examine(MemorySegment gradientSum, ShardLoss total);

    /// Commits the step: clips, updates weights and moments, extends the loss history, advances [#step()].
    ///
    /// @return what the step was
    Committed apply(MemorySegment gradientSum, ShardLoss total);

    /// Commits the step without its data: weights and moments stay as they are, the loss history says so, and
    /// [#step()], by which data and learning rate go, advances.
    ///
    /// @return what the step was
    Committed skip();

    /// Losses of all committed steps: cheap, where [#state()] may have to fetch everything.
    default LossHistory history() {
        return state().history();
    }

    /// The optimizer state, where this trainer holds some spans of it only; empty where it holds the whole.
    default Optional<ShardedMoments> shardedMoments() {
        return Optional.empty();
    }

    /// Views of the live state, as it is now: a device that the host cannot look into fills them when it is asked. A
    /// caller that writes into its spans calls [#restored] afterwards.
    TrainerState state();

    /// The state's spans now hold the state after that many committed steps.
    void restored(long step, LossHistory history);

    @Override
    void close();

    /// Summed loss of a shard, or of a subtree of shards.
    ///
    /// @param lossSum in nats, over all counted positions
    /// @param tokens counted positions: those whose label is not ignored
    record ShardLoss(double lossSum, long tokens) {
        public ShardLoss plus(ShardLoss right) {
            return new ShardLoss(lossSum + right.lossSum, tokens + right.tokens);
        }

        /// Mean loss in nats a token.
        public double loss() {
            return lossSum / tokens;
        }
    }

    /// What a replica votes with: equal at all replicas, or the step is dropped.
    ///
    /// @param gradientNorm 2-norm of the mean gradient, before clipping
    /// @param digest of the gradient sum's bits
    record Examined(double gradientNorm, long digest) {
        public boolean isFinite() {
            return Double.isFinite(gradientNorm);
        }
    }

    /// @param step number of the committed step, from 0
    record Committed(long step, double loss, double gradientNorm, double learningRate, long tokens) {
        /// Record of a step whose data was skipped: it has neither loss nor gradient.
        public static Committed skipped(long step, double learningRate) {
            return new Committed(step, Double.NaN, Double.NaN, learningRate, 0);
        }
    }
}
