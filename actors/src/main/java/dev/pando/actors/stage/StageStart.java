package dev.pando.actors.stage;

import dev.pando.actors.job.Failures;
import dev.pando.actors.job.NamedBehavior;
import dev.pando.actors.job.ReplicaFactory;
import dev.pando.actors.stage.PipelineStage.Built;
import dev.pando.actors.stage.PipelineStage.Command;
import dev.pando.actors.stage.PipelineStage.Failed;
import dev.pando.actors.stage.PipelineStage.Serve;
import dev.pando.actors.stage.PipelineStage.Tick;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/// A stage before it has a replica: it builds one, or says why this device takes no part in the job.
final class StageStart {
    private final StageContext stage;
    private final ReplicaFactory workbench;
    private final AtomicReference<StageWork> built = new AtomicReference<>();

    StageStart(StageContext stage, ReplicaFactory workbench) {
        this.stage = stage;
        this.workbench = workbench;
    }

    Behavior<Command> build() {
        stage.actor.pipeToSelf(
                stage.threads.inOrder(() ->
                        stage.threads.onDevice(() -> {
                            built.set(StageWork.build(stage.job, stage.name, workbench));
                            return built.get();
                        })),
                (work, failure) -> failure == null ? new Built(work) : new Failed("building the replica", failure));
        return building();
    }

    private Behavior<Command> building() {
        return NamedBehavior.named(
                "building",
                Behaviors.receive(Command.class)
                        .onMessage(Built.class, is -> stage.stash.unstashAll(new StageReady(stage, is.work()).begin()))
                        .onMessage(
                                Serve.class,
                                next -> {
                                    stage.serves(next.leader());
                                    stage.supervisor().tell(new StageReport.Building(stage.name, stage.worker));
                                    return Behaviors.same();
                                })
                        .onMessage(
                                Failed.class,
                                failed ->
                                        Failures.cause(failed.cause()) instanceof ReplicaFactory.Refusal refusal
                                                ? refused(refusal.getMessage())
                                                : stage.fail(failed))
                        .onMessage(Tick.class, tick -> Behaviors.same())
                        .onMessage(
                                Command.class,
                                command -> {
                                    stage.stash.stash(command);
                                    return Behaviors.same();
                                })
                        .onSignal(
                                PostStop.class,
                                stopping -> {
                                    stage.threads.end(
                                            () -> Optional.ofNullable(built.get()).ifPresent(StageWork::close));
                                    return Behaviors.same();
                                })
                        .build());
    }

    /// It holds nothing, and says so to whoever leads the job next.
    private Behavior<Command> refused(String sentence) {
        stage.actor.getLog().warn("{} takes no part in {}: {}", stage.name, stage.job.id(), sentence);
        stage.threads.end(() -> {});
        refuse(sentence);
        return NamedBehavior.named(
                "refused",
                Behaviors.receive(Command.class)
                        .onMessage(
                                Serve.class,
                                next -> {
                                    stage.serves(next.leader());
                                    refuse(sentence);
                                    return Behaviors.same();
                                })
                        .onMessage(Command.class, late -> Behaviors.same())
                        .build());
    }

    private void refuse(String sentence) {
        stage.supervisor().tell(new StageReport.Refused(stage.name, stage.worker, sentence));
    }
}
