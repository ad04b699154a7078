package dev.pando.actors.supervisor;

import dev.pando.actors.checkpoint.CheckpointSchedule;
import dev.pando.actors.checkpoint.CheckpointWriter;
import dev.pando.actors.job.Inbox;
import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.JobEvent.Rung;
import dev.pando.actors.job.JobSpec;
import dev.pando.actors.stage.GpuWorker;
import dev.pando.actors.stage.PipelineStage;
import dev.pando.actors.stage.StageReport.Arrived;
import dev.pando.actors.stage.StageReport.Ready;
import dev.pando.actors.stage.StageReport.Refused;
import dev.pando.actors.stage.StageReport.SnapshotTaken;
import dev.pando.actors.supervisor.JobSupervisor.Tick;
import dev.pando.training.step.LossHistory;
import java.util.List;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/// Leads a job to where it goes on from: before its first step, and after the last copy of its state was lost.
final class Opening {
    private static final int GRACE_TICKS = 200; // ten seconds for the rest of the workers once the first is here

    private final SupervisorContext lead;
    private final ActorContext<Inbox> context;
    private final JobSpec job;
    private final RecoveredLeadership inheritance;
    private final ActorRef<CheckpointWriter.Command> writer;
    private final ActorRef<JobEvent> audience;
    private final WorkerGroup crew;
    private final WorkerRegistry roster;
    private final JobProgress course;
    private final CheckpointSchedule checkpoints;

    Opening(SupervisorContext lead) {
        this.lead = lead;
        this.context = lead.context;
        this.job = lead.job;
        this.inheritance = lead.inheritance;
        this.writer = lead.writer;
        this.audience = lead.audience;
        this.crew = lead.crew;
        this.roster = lead.roster;
        this.course = lead.course;
        this.checkpoints = lead.checkpoints;
    }

    /// @param early who is here already: what they are is known once the position is
    Behavior<Inbox> opening(List<Arrived> early) {
        writer.tell(new CheckpointWriter.FindNewest(job, context.getSelf().narrow()));
        return lead.state(
                "opening",
                PendingReplies.forNobody(),
                own ->
                        own.onMessage(
                                        Arrived.class,
                                        arrived -> {
                                            lead.seat(arrived);
                                            early.add(arrived);
                                            return Behaviors.same();
                                        })
                                .onMessage(
                                        CheckpointWriter.Found.class,
                                        found -> {
                                            found.checkpoint().ifPresent(lead::goBackTo);
                                            audience.tell(
                                                    new JobEvent.Started(
                                                            course.position(), found.checkpoint().isPresent()));
                                            if (found.checkpoint().isEmpty()) {
                                                found.damaged().forEach(this::tellOfDamage);
                                            }
                                            lead.countFromNow();
                                            early.stream()
                                                    .filter(arrived -> roster.has(arrived.worker()))
                                                    .forEach(lead::welcome);
                                            return gathering(found, 0);
                                        }));
    }

    /// A job that begins although it had come further says why.
    private void tellOfDamage(String sentence) {
        audience.tell(new JobEvent.CheckpointFailed(course.position(), sentence));
    }

    /// Waiting for the workers that the config speaks of; for a while only, once one is there.
    private Behavior<Inbox> gathering(CheckpointWriter.Found found, int ticks) {
        int expected = Math.max(1, job.workers() - lead.refusals.number());
        if (roster.seats().size() >= expected || ticks > GRACE_TICKS) {
            return found.checkpoint().isPresent() ? loading(found) : lead.between.betweenSteps();
        }
        return lead.state(
                "gathering",
                PendingReplies.forNobody(),
                own ->
                        own.onMessage(
                                        Arrived.class,
                                        arrived -> {
                                            lead.welcome(arrived);
                                            return gathering(found, ticks);
                                        })
                                .onMessage(
                                        Refused.class,
                                        refused -> {
                                            lead.refused(refused);
                                            return gathering(found, ticks);
                                        })
                                .onMessage(
                                        Tick.class,
                                        tick -> gathering(found, roster.seats().isEmpty() ? 0 : ticks + 1)));
    }

    /// Nobody holds the state any more.
    Behavior<Inbox> recovering() {
        return lead.sharding.isOn() && !lead.quorum.isHeld() ? cutOff() : lookingForTheNewest();
    }

    /// A checkpoint that is under way is waited for: it is the newest, and would come to light behind the back of a job
    /// that has gone on from an older one.
    private Behavior<Inbox> lookingForTheNewest() {
        if (!checkpoints.isIdle()) {
            return lead.untilWritten(
                    "awaitingWriter",
                    this::recovering,
                    failed -> {
                        lead.notPublished(failed);
                        return recovering();
                    });
        }
        audience.tell(new JobEvent.RungTried(Rung.LOAD_CHECKPOINT, course.position(), "the newest valid checkpoint"));
        writer.tell(new CheckpointWriter.FindNewest(job, context.getSelf().narrow()));
        long durable = checkpoints.durable();
        return lead.state(
                "recovering",
                PendingReplies.forNobody(),
                own ->
                        own.onMessage(
                                CheckpointWriter.Found.class,
                                found -> {
                                    if (isOvertaken(durable)) {
                                        return lookingForTheNewest();
                                    }
                                    found.checkpoint()
                                            .ifPresentOrElse(lead::goBackTo, () -> goBackToStart(found.damaged()));
                                    return found.checkpoint().isPresent()
                                            ? loading(found)
                                            : lead.between.betweenSteps();
                                }));
    }

    /// A worker that is lost may write its copy all the same: a newer checkpoint has come to light since that one was
    /// the newest, or is about to.
    private boolean isOvertaken(long newest) {
        return !checkpoints.isIdle() || checkpoints.durable() > newest;
    }

    /// Who has the moments that are missing here may be on the other side, and go on: this one waits until the cluster
    /// knows.
    private Behavior<Inbox> cutOff() {
        return lead.state(
                "cutOff",
                PendingReplies.forNobody(),
                own -> own.onMessage(Tick.class, tick -> lead.quorum.isHeld() ? recovering() : Behaviors.same()));
    }

    private void goBackToStart(List<String> damaged) {
        lead.goBackTo(0, LossHistory.EMPTY);
        audience.tell(new JobEvent.StateLoaded(0, "the initial weights", damaged));
    }

    /// There is no checkpoint, and nobody holds the initial weights. Fresh replicas do: whoever is here is started
    /// anew.
    Behavior<Inbox> beginningAnew() {
        for (WorkerRegistry.Seat seat : roster.seats()) {
            roster.leave(seat.worker());
            seat.device().tell(new GpuWorker.Abandon(job.id(), inheritance.incarnation(), "the job begins anew"));
        }
        return waitingForWorkers(lead.between::betweenSteps);
    }

    /// One worker takes the state from the checkpoint; the others will receive it from that one.
    private Behavior<Inbox> loading(CheckpointWriter.Found found) {
        if (roster.seats().isEmpty()) {
            return waitingForWorkers(() -> loading(found));
        }
        CheckpointWriter.Checkpoint checkpoint = found.checkpoint().orElseThrow();
        String first = roster.newcomers().getFirst();
        crew.openEpoch(course.position(), "loading checkpoint " + checkpoint.id(), List.of(first));
        crew.ask(first, new PipelineStage.LoadCheckpoint(crew.epoch(), checkpoint));
        return lead.state(
                "loading",
                new PendingReplies(
                        () -> List.of(first),
                        PendingReplies.WHOLE_STATE,
                        worker -> worker.equals(first) ? loading(found) : Behaviors.same()),
                own ->
                        own.onMessage(
                                        Ready.class,
                                        ready -> {
                                            if (ready.epoch() != crew.epoch()) {
                                                return Behaviors.same();
                                            }
                                            if (isOvertaken(checkpoint.step())) {
                                                return recovering();
                                            }
                                            crew.joined(first, course.position());
                                            lead.sharding.loaded(first);
                                            audience.tell(
                                                    new JobEvent.StateLoaded(
                                                            course.position(), checkpoint.id(), found.damaged()));
                                            return lead.between.betweenSteps();
                                        })
                                .onMessage(
                                        SnapshotTaken.class,
                                        taken -> {
                                            lead.snapshotTaken(taken);
                                            return Behaviors.same();
                                        })
                                .onMessage(CheckpointWriter.Durable.class, lead::published));
    }

    Behavior<Inbox> waitingForWorkers(Supplier<Behavior<Inbox>> next) {
        return lead.state(
                "waitingForWorkers",
                PendingReplies.forNobody(),
                own ->
                        own.onMessage(
                                Arrived.class,
                                arrived -> {
                                    lead.welcome(arrived);
                                    return next.get();
                                }));
    }
}
