package dev.pando.chaos.system;

import dev.pando.actors.job.JobSpec;
import dev.pando.actors.job.ReplicaFactory;
import dev.pando.chaos.toy.ToyTrainer;
import dev.pando.chaos.toy.ToyWorkbench;
import dev.pando.checkpoint.Checkpoints;
import dev.pando.checkpoint.format.CheckpointSettings;
import dev.pando.collectives.Transport;
import dev.pando.collectives.wire.TransportSettings;
import dev.pando.training.step.CheckpointStore;
import dev.pando.training.step.Trainer;
import java.nio.file.Path;
import java.util.Map;

/// What a grove grows in: the workbench, and where its store keeps files.
record Bed(ReplicaFactory workbench, Path checkpoints, AutoCloseable owner) implements AutoCloseable {
    /// A collective in memory, checkpoints on the heap.
    static Bed toy() {
        return new Bed(new ToyWorkbench(), Path.of("none"), () -> {});
    }

    /// Toy trainers that meet through Aeron, and checkpoints in a folder.
    static Bed real(Path folder) {
        Transport transport = Transport.start(TransportSettings.defaults());
        return new Bed(new Real(transport, folder), folder, transport);
    }

    @Override
    public void close() {
        try {
            owner.close();
        } catch (Exception failed) {
            throw new AssertionError("the bed could not be cleared", failed);
        }
    }

    private record Real(Transport transport, Path folder) implements ReplicaFactory {
        @Override
        public Replica replica(JobSpec job, String worker) {
            Trainer trainer = new ToyTrainer();
            return new Replica(trainer, transport.join(worker));
        }

        @Override
        public CheckpointStore checkpoints(JobSpec job) {
            return Checkpoints.in(folder, job.id(), CheckpointSettings.DEFAULT);
        }

        @Override
        public Map<String, String> checkpointAttributes(JobSpec job) {
            return Map.of();
        }
    }
}
