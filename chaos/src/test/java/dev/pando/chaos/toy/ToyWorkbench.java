package dev.pando.chaos.toy;

import dev.pando.actors.job.JobSpec;
import dev.pando.actors.job.ReplicaFactory;
import dev.pando.training.step.CheckpointStore;
import dev.pando.training.step.LocalCollective;
import java.util.Map;

/// Toy trainers that meet in this JVM, and checkpoints on the heap that outlive their stores.
public final class ToyWorkbench implements ReplicaFactory {
    private final LocalCollective.Meeting meeting = new LocalCollective.Meeting();
    private final ToyStore store = new ToyStore();

    @Override
    public Replica replica(JobSpec job, String worker) {
        return new Replica(new ToyTrainer(), meeting.join());
    }

    @Override
    public CheckpointStore checkpoints(JobSpec job) {
        return store;
    }

    @Override
    public Map<String, String> checkpointAttributes(JobSpec job) {
        return Map.of();
    }
}
