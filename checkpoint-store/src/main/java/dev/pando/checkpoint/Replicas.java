package dev.pando.checkpoint;

import dev.pando.training.step.LossHistory;
import java.util.List;
import java.util.Optional;

/// The newest states of other nodes, kept in memory, so that what one node knew outlives it without touching a disk.
///
/// Whoever moves states between nodes speaks to this on both sides; it knows nothing of networks. A state is held as a
/// whole or not at all, and the one before it stays until the next is complete.
public interface Replicas extends AutoCloseable {
    /// Keeps a copy of an owner's parts after that step, in place of the one before.
    ///
    /// @param owner whose parts they are; the same parts every time
    /// @throws IllegalStateException if the owner's parts are others than before, or this state is older
    void hold(String owner, long step, LossHistory history, List<TensorPart> parts);

    /// What is held of an owner.
    Optional<Held> newest(String owner);

    /// Fills parts of an owner's newest state, cut in any way.
    ///
    /// @param held what [#newest] gave; it must still be the newest
    /// @throws dev.pando.training.step.CheckpointStore.CheckpointException naming what is not held, or no longer as it
    ///   was
    void load(Held held, List<TensorPart> into);

    /// Lets go of an owner's state.
    void drop(String owner);

    @Override
    void close();

    /// A state in memory.
    record Held(String owner, long step, LossHistory history, long bytes) {}
}
