package dev.pando.actors.stage;

import dev.pando.actors.checkpoint.CheckpointWriter;
import dev.pando.actors.job.DeviceThread;
import dev.pando.actors.job.Failures;
import dev.pando.actors.job.JobSpec;
import dev.pando.actors.job.Stopwatch;
import dev.pando.actors.stage.GpuWorker.Leader;
import dev.pando.actors.stage.PipelineStage.Command;
import dev.pando.actors.stage.PipelineStage.Failed;
import dev.pando.actors.stage.PipelineStage.Result;
import dev.pando.training.step.Collective.Deadline;
import dev.pando.training.step.Collective.Outcome;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.StashBuffer;

/// What a stage works with in each of its states: its supervisor, its threads, and how results come back to the actor.
final class StageContext {
    final ActorContext<Command> actor;
    final JobSpec job;
    final String name;
    final ActorRef<GpuWorker.Command> worker;
    final ActorRef<CheckpointWriter.Command> writer;
    final Stopwatch stopwatch;
    final DeviceThread.Factory factory;
    final StageThreads threads;
    final StashBuffer<Command> stash;

    private Leader leader;

    StageContext(
            ActorContext<Command> actor,
            JobSpec job,
            String name,
            DeviceThread device,
            ActorRef<GpuWorker.Command> worker,
            Leader leader,
            ActorRef<CheckpointWriter.Command> writer,
            Stopwatch stopwatch,
            DeviceThread.Factory factory,
            StashBuffer<Command> stash) {
        this.actor = actor;
        this.job = job;
        this.name = name;
        this.worker = worker;
        this.leader = leader;
        this.writer = writer;
        this.stopwatch = stopwatch;
        this.factory = factory;
        this.stash = stash;
        this.threads = new StageThreads(device, factory.start("peers-" + name + "-" + job.id()), stopwatch);
    }

    /// From now on the orders of this supervisor count.
    void serves(Leader next) {
        leader = next;
    }

    ActorRef<StageReport> supervisor() {
        return leader.stages();
    }

    /// Where the checkpoint writer reports what became of a copy.
    ActorRef<CheckpointWriter.Report> checkpointReports() {
        return leader.checkpoints();
    }

    /// Incarnation of the supervisor that leads.
    long incarnation() {
        return leader.incarnation();
    }

    /// Starts when all has ended that was asked for before.
    ///
    /// @param what is done, for the sentence where it fails
    void onDevice(String what, Callable<Result> task) {
        inOrder(what, () -> threads.onDevice(task));
    }

    /// The same for work of several parts.
    void inOrder(String what, Supplier<CompletionStage<Result>> work) {
        actor.pipeToSelf(
                threads.inOrder(work), (result, failure) -> failure == null ? result : new Failed(what, failure));
    }

    /// Reports the peer that did not answer.
    void complain(Outcome outcome, long epoch, Deadline deadline) {
        switch (outcome) {
            case Outcome.Done done -> {}
            case Outcome.EpochOver over -> {} // the next epoch's orders are on their way
            case Outcome.MemberLost lost ->
                    supervisor().tell(new StageReport.PeerFailed(name, epoch, lost.member(), lost.evidence()));
            case Outcome.TimedOut late ->
                    supervisor()
                            .tell(
                                    new StageReport.PeerFailed(
                                            name,
                                            epoch,
                                            late.waitingFor().getFirst(),
                                            "silent in the " + deadline.name()));
        }
    }

    /// The numbers of a stage whose work has thrown are not to be trusted.
    Behavior<Command> fail(Failed failed) {
        String sentence = failed.what() + ": " + Failures.sentence(failed.cause());
        actor.getLog().warn("{} stops: {}", name, sentence, failed.cause());
        supervisor().tell(new StageReport.StageFailed(name, sentence));
        return Behaviors.stopped();
    }
}
