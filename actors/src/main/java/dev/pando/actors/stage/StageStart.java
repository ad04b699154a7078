package dev.pando.actors.stage;

import dev.pando.actors.checkpoint.CheckpointWriter;
import dev.pando.actors.job.DeviceThread;
import dev.pando.actors.job.Failures;
import dev.pando.actors.job.JobSpec;
import dev.pando.actors.job.NamedBehavior;
import dev.pando.actors.job.ReplicaFactory;
import dev.pando.actors.job.Stopwatch;
import dev.pando.actors.stage.GpuWorker.Leader;
import dev.pando.actors.stage.PipelineStage.Built;
import dev.pando.actors.stage.PipelineStage.Command;
import dev.pando.actors.stage.PipelineStage.Copied;
import dev.pando.actors.stage.PipelineStage.Digest;
import dev.pando.actors.stage.PipelineStage.EnterEpoch;
import dev.pando.actors.stage.PipelineStage.Failed;
import dev.pando.actors.stage.PipelineStage.Order;
import dev.pando.actors.stage.PipelineStage.Result;
import dev.pando.actors.stage.PipelineStage.Serve;
import dev.pando.actors.stage.PipelineStage.Tick;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/// A stage before it has a replica: it builds one, or reports why this device takes no part in the job.
public final class StageStart {
    private static final int STASHED_AT_MOST = 1_000;

    private final StageContext stage;
    private final ReplicaFactory replicas;
    private final AtomicReference<StageReplica> built = new AtomicReference<>();

    private StageStart(StageContext stage, ReplicaFactory replicas) {
        this.stage = stage;
        this.replicas = replicas;
    }

    /// @param name of the worker
    /// @param device thread of the device, shared with other stages
    public static Behavior<Command> create(
            JobSpec job,
            String name,
            DeviceThread device,
            ActorRef<GpuWorker.Command> worker,
            ReplicaFactory replicas,
            Leader leader,
            ActorRef<CheckpointWriter.Command> writer,
            Stopwatch stopwatch,
            DeviceThread.Factory factory) {
        return Behaviors.setup(context ->
                Behaviors.withTimers(timers ->
                        Behaviors.withStash(
                                STASHED_AT_MOST,
                                stash -> {
                                    timers.startTimerWithFixedDelay(new Tick(), PipelineStage.TICK);
                                    StageContext stage =
                                            new StageContext(
                                                    context, job, name, device, worker, leader, writer, stopwatch,
                                                    factory, stash);
                                    return new StageStart(stage, replicas).build();
                                })));
    }

    private Behavior<Command> build() {
        stage.actor.pipeToSelf(
                stage.threads.inOrder(() ->
                        stage.threads.onDevice(() -> {
                            built.set(StageReplica.build(stage.job, stage.name, replicas));
                            return built.get();
                        })),
                (replica, failure) ->
                        failure == null ? new Built(replica) : new Failed("building the replica", failure));
        return building();
    }

    private Behavior<Command> building() {
        return NamedBehavior.named(
                "building",
                Behaviors.receive(
                        (_, command) ->
                                switch (command) {
                                    case Built(StageReplica replica) ->
                                            stage.stash.unstashAll(new StageReady(stage, replica).begin());
                                    case Serve(Leader next) -> {
                                        stage.serves(next);
                                        stage.supervisor().tell(new StageReport.Building(stage.name, stage.worker));
                                        yield Behaviors.same();
                                    }
                                    case Failed failed ->
                                            Failures.cause(failed.cause()) instanceof ReplicaFactory.Refusal refusal
                                                    ? refused(refusal.getMessage())
                                                    : stage.fail(failed);
                                    case Tick() -> Behaviors.same();
                                    case EnterEpoch _, Order _, Digest _, Copied _, Result _ -> {
                                        stage.stash.stash(command);
                                        yield Behaviors.same();
                                    }
                                },
                        (_, signal) -> {
                            if (signal instanceof PostStop) {
                                stage.threads.end(
                                        () -> Optional.ofNullable(built.get()).ifPresent(StageReplica::close));
                            }
                            return Behaviors.same();
                        }));
    }

    /// It holds nothing, and reports so to each supervisor.
    private Behavior<Command> refused(String sentence) {
        stage.actor.getLog().warn("{} takes no part in {}: {}", stage.name, stage.job.id(), sentence);
        stage.threads.end(() -> {});
        refuse(sentence);
        return NamedBehavior.named(
                "refused",
                Behaviors.receiveMessage(command ->
                        switch (command) {
                            case Serve(Leader next) -> {
                                stage.serves(next);
                                refuse(sentence);
                                yield Behaviors.same();
                            }
                            case EnterEpoch _, Order _, Digest _, Built _, Copied _, Result _, Failed _, Tick _ ->
                                    Behaviors.same();
                        }));
    }

    private void refuse(String sentence) {
        stage.supervisor().tell(new StageReport.Refused(stage.name, stage.worker, sentence));
    }
}
