package dev.pando.actors.stage;

import dev.pando.actors.job.JobSpec;
import dev.pando.actors.job.ReplicaFactory;
import dev.pando.training.step.CheckpointStore;
import dev.pando.training.step.Collective;
import dev.pando.training.step.ShardSums;
import dev.pando.training.step.ShardTree;
import dev.pando.training.step.Trainer;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A stage's replica and its place among its peers: one part for each thread that works with it.
///
/// @param device belongs to the device's thread
/// @param peers belongs to the thread that waits for peers
/// @param shards of the optimizer state, of the device's thread; empty where it is whole
/// @param collective for the actor: epochs
record StageReplica(
        DeviceReplica device,
        PeerExchange peers,
        Optional<OptimizerShardStore> shards,
        Collective collective,
        CheckpointStore checkpoints) {
    private static final Logger LOG = LoggerFactory.getLogger(StageReplica.class);

    static StageReplica build(JobSpec job, String name, ReplicaFactory replicas) {
        ReplicaFactory.Replica replica = replicas.replica(job, name);
        Trainer trainer = replica.trainer();
        Collective collective = replica.collective();
        CheckpointStore checkpoints = replicas.checkpoints(job);
        Optional<OptimizerShardStore> shards =
                trainer.shardedMoments().map(moments -> new OptimizerShardStore(name, trainer, moments));
        if (shards.isPresent() != job.isSharded()) {
            throw new IllegalStateException("the optimizer state of " + name + " is not as job " + job.id() + " says");
        }
        ShardTree tree = new ShardTree(job.shards());
        PartialSums partials =
                new PartialSums(
                        tree,
                        new ShardSums(tree, trainer.table().length(), collective.memory()),
                        collective.memory().allocate("gradient sum", trainer.table().bytes()));
        return new StageReplica(
                new DeviceReplica(trainer, partials, checkpoints, shards),
                new PeerExchange(name, collective, partials),
                shards,
                collective,
                checkpoints);
    }

    /// Number of spans of the optimizer state; 0 where it is whole.
    int spans() {
        return shards.map(OptimizerShardStore::cut).orElse(0);
    }

    /// Once neither thread does anything for the stage any more.
    void close() {
        device.close();
        try {
            collective.close();
        } catch (IllegalStateException stuck) { // the device has other work to do
            LOG.error("a member of a collective is not closed", stuck);
        }
        checkpoints.close();
    }
}
