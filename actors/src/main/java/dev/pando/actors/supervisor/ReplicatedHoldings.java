package dev.pando.actors.supervisor;

import dev.pando.actors.job.ReplicaInventory;

/// Every worker that holds the weights holds the whole state.
final class ReplicatedHoldings implements Holdings {
    @Override
    public void arrived(ReplicaInventory inventory) {}

    @Override
    public void loaded(String worker) {}

    @Override
    public void left(String worker) {}

    @Override
    public void lost(String worker) {}

    @Override
    public boolean canSpare(String worker) {
        return true;
    }

    @Override
    public boolean canUpdate() {
        return true;
    }

    @Override
    public boolean areComplete(ReplicaInventory inventory) {
        return true;
    }
}
