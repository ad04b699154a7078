package dev.pando.actors.supervisor;

import dev.pando.actors.checkpoint.CheckpointSchedule;
import dev.pando.actors.job.Inbox;
import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.ReplicaInventory;
import dev.pando.actors.liveness.Quorum;
import dev.pando.actors.stage.GpuWorker;
import dev.pando.actors.stage.StageReport.Arrived;
import dev.pando.actors.stage.StageReport.Building;
import dev.pando.actors.stage.StageReport.Refused;
import dev.pando.actors.supervisor.JobSupervisor.Listed;
import dev.pando.actors.supervisor.JobSupervisor.Tick;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/// Finds out what the workers hold of a job whose supervisor was lost, and goes on from there.
final class Takeover {
    private final SupervisorContext lead;
    private final RecoveredLeadership inheritance;
    private final Quorum quorum;
    private final ActorRef<JobEvent> audience;
    private final WorkerGroup crew;
    private final JobProgress course;
    private final CheckpointSchedule checkpoints;
    private final Set<ActorRef<GpuWorker.Command>> devices;

    Takeover(SupervisorContext lead) {
        this.lead = lead;
        this.inheritance = lead.inheritance;
        this.quorum = lead.quorum;
        this.audience = lead.audience;
        this.crew = lead.crew;
        this.course = lead.course;
        this.checkpoints = lead.checkpoints;
        this.devices = lead.devices;
    }

    Behavior<Inbox> surveying() {
        return surveying(new HoldingsSurvey(inheritance, quorum::isGone), new ArrayList<>());
    }

    private Behavior<Inbox> surveying(HoldingsSurvey muster, List<Arrived> here) {
        SortedMap<String, String> nodes = new TreeMap<>();
        devices.forEach(device -> nodes.put(device.path().toString(), crew.node(device)));
        if (muster.isOver(nodes)) {
            return muster.step() == ReplicaInventory.NOTHING ? lead.opening.opening(here) : takingOver(muster);
        }
        PendingReplies waiting =
                new PendingReplies(
                        List::of,
                        1,
                        worker -> {
                            muster.lost(worker);
                            return surveying(muster, here);
                        });
        return lead.state(
                "surveying",
                waiting,
                own ->
                        own.onMessage(
                                        Listed.class,
                                        listed -> {
                                            lead.host(listed);
                                            muster.listed();
                                            return surveying(muster, here);
                                        })
                                .onMessage(
                                        Building.class,
                                        building -> {
                                            muster.building(building.worker(), building.device().path().toString());
                                            return surveying(muster, here);
                                        })
                                .onMessage(
                                        Refused.class,
                                        refused -> {
                                            muster.building(refused.worker(), refused.device().path().toString());
                                            lead.refused(refused);
                                            return surveying(muster, here);
                                        })
                                .onMessage(
                                        Arrived.class,
                                        arrived -> {
                                            if (!lead.seat(arrived)) {
                                                return Behaviors.same();
                                            }
                                            here.add(arrived);
                                            muster.arrived(
                                                    arrived.worker(),
                                                    arrived.device().path().toString(),
                                                    arrived.holding());
                                            return surveying(muster, here);
                                        })
                                .onMessage(
                                        Tick.class,
                                        tick -> {
                                            muster.tick();
                                            return surveying(muster, here);
                                        }));
    }

    /// The job goes on from what the workers hold.
    private Behavior<Inbox> takingOver(HoldingsSurvey muster) {
        course.goOnFrom(muster.step(), muster.history());
        lead.countFromNow();
        checkpoints.wentBackTo(inheritance.durable());
        // They may have been committed after the last word of the one before.
        muster.latest().forEach(step -> lead.tell(step, crew.epoch(), 0));
        audience.tell(new JobEvent.Started(course.position(), true));
        muster.absent()
                .forEach((worker, evidence) -> {
                    quorum.silent(inheritance.workers().get(worker));
                    lead.losses.lose(worker, evidence);
                });
        lead.roster.seats().forEach(seat -> quorum.heard(crew.node(seat.device()))); // whoever else is absent there
        muster.holders().forEach(worker -> crew.joined(worker, course.position()));
        lead.step.inherit(muster.shards());
        return lead.sharding.isOn() && !lead.sharding.inherit(muster)
                ? lead.sharding.catchingUp(muster)
                : lead.between.betweenSteps();
    }
}
