package dev.pando.actors.supervisor;

import dev.pando.actors.job.ReplicaInventory;

/// Knows which workers hold which parts of the job's state besides the weights, and so which of them the job can spare.
/// Workers that hold all weights are the holders of the [WorkerRegistry].
interface Holdings {
    /// A replica has arrived.
    void arrived(ReplicaInventory inventory);

    /// The worker has loaded the whole state from a checkpoint.
    void loaded(String worker);

    /// The worker has handed over what it held, and takes part no longer.
    void left(String worker);

    /// The worker is gone. Where it was the last holder of a part, the job's state is lost.
    void lost(String worker);

    /// Whether the job can continue without the worker.
    boolean canSpare(String worker);

    /// Whether every part has a holder that can apply a step to it.
    boolean canUpdate();

    /// Whether a replica that holds what this inventory says has all parts of the job's current state.
    boolean areComplete(ReplicaInventory inventory);
}
