package dev.pando.runtime;

import dev.pando.actors.job.JobSpec;
import dev.pando.actors.job.ReplicaFactory;
import dev.pando.training.step.CheckpointStore;
import dev.pando.training.step.ForwardingCheckpointStore;
import dev.pando.training.step.TrainerState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/// Does something to the place of a run's checkpoints around each save.
@FunctionalInterface
interface Interference {
    /// @param nth save, from 0 on
    CheckpointStore.Saved around(int nth, Supplier<CheckpointStore.Saved> save) throws IOException;

    /// A run's own tools, interfered with.
    default ReplicaFactory with(ReplicaFactory tools) {
        AtomicInteger saves = new AtomicInteger();
        return new ReplicaFactory() {
            @Override
            public Replica replica(JobSpec job, String worker) {
                return tools.replica(job, worker);
            }

            @Override
            public CheckpointStore checkpoints(JobSpec job) {
                return with(tools.checkpoints(job), saves);
            }

            @Override
            public Map<String, String> checkpointAttributes(JobSpec job) {
                return tools.checkpointAttributes(job);
            }
        };
    }

    private CheckpointStore with(CheckpointStore store, AtomicInteger saves) {
        return new ForwardingCheckpointStore(store) {
            @Override
            public Saved save(TrainerState state, Map<String, String> attributes) {
                try {
                    return around(saves.getAndIncrement(), () -> store.save(state, attributes));
                } catch (IOException failed) {
                    throw new UncheckedIOException(failed);
                }
            }
        };
    }
}
