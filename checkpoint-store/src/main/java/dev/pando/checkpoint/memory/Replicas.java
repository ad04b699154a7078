package dev.pando.checkpoint.memory;

import dev.pando.checkpoint.format.TensorPart;
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

    /// Keeps what arrives, in place of the one before, without a copy in between.
    ///
    /// @param like the owner's parts: names, shapes, slices; their data is not looked at
    /// @param arrival fills the room; if it comes to nothing, what was held stays
    /// @return what is held now, empty if it came to nothing
    Optional<Held> receive(String owner, List<TensorPart> like, Arrival arrival);

    /// Hands out an owner's newest state where it lies, for as long as the reader takes: nothing else happens to it
    /// meanwhile. That it is as it was is found out beside the reader, who may ask, and is told in any case.
    ///
    /// @throws dev.pando.training.step.CheckpointStore.CheckpointException if nothing is held, or no longer as it was
    void read(String owner, Reader reader);

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

    /// A state on its way into memory.
    @FunctionalInterface
    interface Arrival {
        /// @param room parts to be filled
        /// @return what it was, empty if it did not come
        Optional<Stamp> into(List<TensorPart> room);
    }

    /// Sees a state where it lies.
    @FunctionalInterface
    interface Reader {
        void read(Held held, List<TensorPart> parts, Verification verification);
    }

    /// Whether a state is as it was when it was taken in, which is being found out.
    @FunctionalInterface
    interface Verification {
        /// @throws dev.pando.training.step.CheckpointStore.CheckpointException naming a tensor that is not
        void await();
    }

    /// Which state it is.
    record Stamp(long step, LossHistory history) {}

    /// A state in memory.
    record Held(String owner, long step, LossHistory history, long bytes) {}
}
