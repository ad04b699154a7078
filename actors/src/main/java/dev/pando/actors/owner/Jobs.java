package dev.pando.actors.owner;

import com.typesafe.config.Config;
import dev.pando.actors.checkpoint.CheckpointWriter;
import dev.pando.actors.job.Stopwatch;
import dev.pando.actors.liveness.Quorum;
import dev.pando.actors.supervisor.JobSupervisor;
import java.time.Clock;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.sharding.typed.ClusterShardingSettings;
import org.apache.pekko.cluster.sharding.typed.HashCodeMessageExtractor;
import org.apache.pekko.cluster.sharding.typed.ShardingEnvelope;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.sharding.typed.javadsl.Entity;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityRef;

/// The jobs of a grove: every member of its cluster reaches the owner of any of them here, wherever that is.
///
/// Jobs that run are remembered: their owners are started again on another node when theirs goes, and on any node when
/// all of them went and one is started again.
public final class Jobs {
    private static final int SHARDS = 256; // far more than jobs that run at once, so that no two share one

    private Jobs() {}

    /// Makes this node one that owns jobs.
    ///
    /// @param writer of this node
    public static void own(
            ActorSystem<?> system, ActorRef<CheckpointWriter.Command> writer, Stopwatch stopwatch, Clock clock) {
        init(
                system,
                Entity.of(
                        JobOwner.KEY,
                        entity ->
                                JobOwner.create(
                                        entity.getEntityId(),
                                        (job, inheritance, audience) ->
                                                JobSupervisor.create(
                                                        job,
                                                        inheritance,
                                                        Quorum.of(system, stopwatch),
                                                        writer,
                                                        audience,
                                                        stopwatch),
                                        self -> entity.getShard().tell(new ClusterSharding.Passivate<>(self)),
                                        clock)));
    }

    /// Makes this node one that asks about jobs and owns none.
    public static void join(ActorSystem<?> system) {
        init(system, Entity.of(JobOwner.KEY, entity -> JobOwner.absent()));
    }

    /// The owner of a job, which may never have been submitted.
    public static EntityRef<JobOwner.Command> owner(ActorSystem<?> system, String job) {
        return ClusterSharding.get(system).entityRefFor(JobOwner.KEY, job);
    }

    private static void init(
            ActorSystem<?> system, Entity<JobOwner.Command, ShardingEnvelope<JobOwner.Command>> owner) {
        Config config = system.settings().config();
        ClusterShardingSettings settings =
                ClusterShardingSettings.fromConfig(
                        config.getConfig("pando.jobs.sharding")
                                .withFallback(config.getConfig("pekko.cluster.sharding")));
        ClusterSharding.get(system)
                .init(
                        owner.withSettings(settings)
                                .withMessageExtractor(new HashCodeMessageExtractor<>(SHARDS))
                                .withAllocationStrategy(new LeastLoaded()));
    }
}
