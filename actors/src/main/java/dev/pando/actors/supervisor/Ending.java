package dev.pando.actors.supervisor;

import dev.pando.actors.checkpoint.CheckpointSchedule;
import dev.pando.actors.checkpoint.CheckpointWriter;
import dev.pando.actors.checkpoint.FinalCheckpointRetry;
import dev.pando.actors.job.Inbox;
import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.JobEvent.Rung;
import dev.pando.actors.job.NamedBehavior;
import dev.pando.actors.stage.GpuWorker;
import dev.pando.actors.stage.PipelineStage;
import dev.pando.actors.stage.StageReport.Digested;
import dev.pando.actors.supervisor.JobSupervisor.EndKept;
import dev.pando.actors.supervisor.JobSupervisor.Tick;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Terminated;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/// Ends a job: with its hash, with a checkpoint to go on from, or with a sentence that says why it cannot go on.
final class Ending {
    private final SupervisorContext lead;
    private final ActorRef<JobEvent> audience;
    private final WorkerGroup crew;
    private final WorkerRegistry roster;
    private final JobProgress course;
    private final CheckpointSchedule checkpoints;
    private final FinalCheckpointRetry lastCheckpoint = new FinalCheckpointRetry();
    private final Set<ActorRef<GpuWorker.Command>> devices;

    Ending(SupervisorContext lead) {
        this.lead = lead;
        this.audience = lead.audience;
        this.crew = lead.crew;
        this.roster = lead.roster;
        this.course = lead.course;
        this.checkpoints = lead.checkpoints;
        this.devices = lead.devices;
    }

    /// All steps are committed, or a stop was asked for: the last checkpoint, then the hash.
    Behavior<Inbox> closing() {
        if (checkpoints.isDurable(course.position())) {
            roster.holders().forEach(worker -> crew.ask(worker, new PipelineStage.Digest(course.position())));
            return digesting(new TreeMap<>());
        }
        lastCheckpoint.begins(course.position(), lead.stopwatch.nanos());
        return lead.sharding.takingSnapshot(
                () -> lead.untilWritten("closing", lead.between::betweenSteps, this::unwritten));
    }

    private Behavior<Inbox> unwritten(CheckpointWriter.NotWritten failed) {
        if (failed.step() != course.position()) {
            lead.notPublished(failed);
            return lead.between.betweenSteps();
        }
        OptionalInt pause = lastCheckpoint.failed(lead.stopwatch.nanos(), lead.isStopping());
        if (pause.isEmpty()) {
            lead.notPublished(failed);
            return fail(failed.sentence() + "; " + checkpoints.spoken());
        }
        checkpoints.notWritten(failed.step());
        String news = lastCheckpoint.news(failed.sentence(), lead.isStopping());
        if (!news.isEmpty()) {
            audience.tell(new JobEvent.CheckpointFailed(failed.step(), news));
        }
        return pausing(pause.getAsInt());
    }

    private Behavior<Inbox> pausing(int ticks) {
        return lead.state(
                "pausing",
                new PendingReplies(List::of, 1, worker -> lead.between.betweenSteps()),
                own -> own.onMessage(Tick.class, tick -> ticks > 1 ? pausing(ticks - 1) : lead.between.betweenSteps()));
    }

    private Behavior<Inbox> digesting(SortedMap<String, String> hashes) {
        hashes.keySet().retainAll(new HashSet<>(roster.holders())); // a set: there may be thousands
        if (roster.holders().isEmpty()) {
            return lead.between.betweenSteps();
        }
        if (hashes.size() == roster.holders().size()) {
            return finished(hashes);
        }
        Supplier<Collection<String>> owing =
                () -> roster.holders().stream().filter(worker -> !hashes.containsKey(worker)).toList();
        return lead.state(
                "digesting",
                new PendingReplies(owing, PendingReplies.WHOLE_STATE, worker -> digesting(hashes)),
                own ->
                        own.onMessage(
                                Digested.class,
                                digested -> {
                                    crew.heard(digested.worker());
                                    hashes.put(digested.worker(), digested.hash());
                                    return digesting(hashes);
                                }));
    }

    private Behavior<Inbox> finished(SortedMap<String, String> hashes) {
        if (new HashSet<>(hashes.values()).size() > 1) {
            return fail("the replicas hold different states after " + course.position() + " steps: " + hashes);
        }
        if (!course.isComplete()) {
            audience.tell(new JobEvent.Stopped(course.position()));
            return end();
        }
        return lead.sharding.isOn() ? lead.sharding.hashing(this::complete) : complete(hashes.get(hashes.firstKey()));
    }

    private Behavior<Inbox> complete(String hash) {
        audience.tell(new JobEvent.Finished(course.position(), hash));
        return end();
    }

    Behavior<Inbox> fail(String diagnosis) {
        audience.tell(new JobEvent.RungTried(Rung.STOP, course.position(), diagnosis));
        audience.tell(new JobEvent.Failed(course.position(), diagnosis));
        return end();
    }

    /// The workers are let go once nobody can take over any more: until then whoever does finds what they hold.
    private Behavior<Inbox> end() {
        return lead.inheritance.isKept() ? awaitingJournal() : release();
    }

    private Behavior<Inbox> awaitingJournal() {
        return NamedBehavior.named(
                "awaitingJournal",
                Behaviors.receive(Inbox.class)
                        .onMessage(EndKept.class, kept -> release())
                        .onAnyMessage(late -> Behaviors.same())
                        .onSignal(Terminated.class, gone -> Behaviors.same())
                        .build());
    }

    private Behavior<Inbox> release() {
        devices.forEach(device -> device.tell(lead.release()));
        return Behaviors.stopped();
    }

    Behavior<Inbox> stopWithoutCheckpoint() {
        audience.tell(new JobEvent.Stopped(course.position()));
        return end();
    }
}
