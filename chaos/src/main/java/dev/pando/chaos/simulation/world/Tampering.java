package dev.pando.chaos.simulation.world;

import dev.pando.training.step.CheckpointStore;
import dev.pando.training.step.Collective;
import dev.pando.training.step.Trainer;

/// Breaks a simulated world on purpose, at its seams: how we know that the simulation would notice.
public interface Tampering {
    Tampering NONE = new Tampering() {};

    /// A message on its way.
    ///
    /// @param sender path of an actor below the world's root, as in `node-1/worker-1-1/stage-job`; or the name of a
    ///   device's thread
    /// @return what arrives in its place; null if nothing does
    default Object message(String sender, String receiver, Object message) {
        return message;
    }

    default Trainer trainer(String worker, Trainer trainer) {
        return trainer;
    }

    default Collective collective(String worker, Collective collective) {
        return collective;
    }

    default CheckpointStore store(CheckpointStore store) {
        return store;
    }
}
