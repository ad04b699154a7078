package dev.pando.actors.supervisor;

import dev.pando.actors.checkpoint.CheckpointSchedule;
import dev.pando.actors.job.Inbox;
import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.JobEvent.Rung;
import dev.pando.actors.planning.ShardBalancer;
import dev.pando.actors.planning.Stragglers;
import dev.pando.actors.stage.PipelineStage;
import dev.pando.actors.stage.StageReport.Applied;
import dev.pando.actors.stage.StageReport.PeerFailed;
import dev.pando.actors.stage.StageReport.Ready;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/// Decides a job's course while all of the last step is committed and nothing of the next is begun: who comes and goes,
/// what is saved, and whether there is a next step.
final class BetweenSteps {
    private static final int UNSERVED = 5; // newcomers: together as patient as one is with the last copy

    private final SupervisorContext lead;
    private final ActorRef<JobEvent> audience;
    private final WorkerGroup crew;
    private final WorkerRegistry roster;
    private final JobProgress course;
    private final CheckpointSchedule checkpoints;
    private final ShardBalancer balance;
    private final Stragglers stragglers;

    private long transfers;
    private int unserved; // newcomers that were lost in a row while the last copy of the state was to go to them

    BetweenSteps(SupervisorContext lead) {
        this.lead = lead;
        this.audience = lead.audience;
        this.crew = lead.crew;
        this.roster = lead.roster;
        this.course = lead.course;
        this.checkpoints = lead.checkpoints;
        this.balance = lead.balance;
        this.stragglers = lead.stragglers;
    }

    /// The one place where the job's course is decided.
    Behavior<Inbox> betweenSteps() {
        if (isLastStepAtRisk()) {
            return awaitingReport();
        }
        if (!course.isComplete()) {
            if (isTheLastCopyLeaving()) {
                return savingTheLastCopy();
            }
            if (!lead.sharding.isOn()) {
                dismissLeavers();
            }
        }
        if (lead.sharding.isOn()) {
            if (!roster.holders().isEmpty() && !stayers().isEmpty() && lead.sharding.isUnsettled(stayers())) {
                return lead.sharding.regrouping(stayers());
            }
            if (!course.isComplete()) {
                dismissLeavers(); // what they held others hold now
            }
        }
        if (roster.holders().isEmpty()) {
            return course.position() == 0 ? lead.opening.beginningAnew() : lead.opening.recovering();
        }
        if (!roster.newcomers().isEmpty()) {
            return welcoming();
        }
        if (course.isComplete() || lead.isStopping()) {
            return lead.ending.closing();
        }
        return checkpoints.isDue(course.position())
                ? lead.sharding.takingSnapshot(lead.step::beginning)
                : lead.step.beginning();
    }

    /// What a step has come to is known to those that have applied it, and not to a newcomer: it is told before any
    /// newcomer counts as one of them. And nobody leaves before somebody who stays is known to have applied it.
    private boolean isLastStepAtRisk() {
        List<String> holders = roster.holders();
        List<String> staying = holders.stream().filter(worker -> !isLeaving(worker)).toList();
        boolean anyLeaves = roster.workers().stream().anyMatch(this::isLeaving);
        boolean anyComes = !roster.newcomers().isEmpty();
        boolean isWithLeaversAlone = !staying.isEmpty() && lead.applying.containsAll(staying);
        return !holders.isEmpty() && (!course.isTold() && (anyComes || anyLeaves) || anyLeaves && isWithLeaversAlone);
    }

    private Behavior<Inbox> awaitingReport() {
        return lead.state(
                "awaitingReport",
                new PendingReplies(roster::holders, 1, worker -> betweenSteps()),
                own ->
                        own.onMessage(
                                Applied.class,
                                applied -> {
                                    crew.heard(applied.worker());
                                    lead.report(applied);
                                    return betweenSteps();
                                }));
    }

    /// Whether nobody would hold the state, in memory or durable, once all have gone whose nodes leave.
    private boolean isTheLastCopyLeaving() {
        return !roster.holders().isEmpty()
                && roster.workers().stream().allMatch(this::isLeaving)
                && !checkpoints.isDurable(course.position());
    }

    /// A newcomer that stays gets the state before the last one goes that holds it.
    private void dismissLeavers() {
        List<String> leavers = roster.workers().stream().filter(this::isLeaving).toList();
        boolean someNeedThem = leavers.containsAll(roster.holders()) && leavers.size() < roster.workers().size();
        for (String worker : leavers) {
            if (!someNeedThem || !roster.holders().contains(worker)) {
                lead.leaving.remove(worker);
                checkpoints.left(worker);
                balance.forget(worker);
                stragglers.forget(worker);
                crew.dismiss(worker, course.position());
                lead.sharding.left(worker);
            }
        }
    }

    /// Who is there for the next step; when all are committed nobody need go before the end.
    private List<String> stayers() {
        return course.isComplete()
                ? roster.workers()
                : roster.workers().stream().filter(worker -> !isLeaving(worker)).toList();
    }

    private boolean isLeaving(String worker) {
        return roster.seat(worker).device().equals(lead.leaving.get(worker));
    }

    /// All nodes leave: whoever comes later finds a checkpoint of this very step.
    private Behavior<Inbox> savingTheLastCopy() {
        return lead.sharding.takingSnapshot(() ->
                lead.untilWritten(
                        "savingTheLastCopy",
                        this::betweenSteps,
                        failed -> {
                            lead.notPublished(failed);
                            dismissLeavers(); // what is durable already must do
                            return betweenSteps();
                        }));
    }

    /// Newcomers receive the state from those that hold it, each from another as far as there are enough.
    private Behavior<Inbox> welcoming() {
        SortedSet<String> newcomers = new TreeSet<>(roster.newcomers());
        List<String> donors = roster.holders();
        crew.openEpoch(course.position(), "state for " + String.join(", ", newcomers), roster.workers());
        long patienceNs = crew.patienceNs(PendingReplies.WHOLE_STATE) + crew.longestTurnNs();
        int next = 0;
        for (String newcomer : newcomers) {
            String donor = donors.get(next++ % donors.size());
            long operation = - ++transfers; // below zero, since steps number the all-reduces
            audience.tell(
                    new JobEvent.RungTried(Rung.REBUILD_FROM_PEER, course.position(), newcomer + " from " + donor));
            crew.ask(
                    donor,
                    new PipelineStage.SendState(crew.epoch(), operation, newcomer, course.position(), patienceNs));
            crew.ask(
                    newcomer,
                    new PipelineStage.ReceiveState(
                            crew.epoch(), operation, donor, course.position(), course.history(), patienceNs));
        }
        return receiving(newcomers);
    }

    private Behavior<Inbox> receiving(SortedSet<String> awaited) {
        PendingReplies waiting =
                new PendingReplies(() -> awaited, 2 * PendingReplies.WHOLE_STATE, this::withoutNewcomer);
        return lead.state(
                "receiving",
                waiting,
                own ->
                        own.onMessage(
                                        Ready.class,
                                        ready -> {
                                            if (ready.epoch() != crew.epoch() || !awaited.remove(ready.worker())) {
                                                return Behaviors.same();
                                            }
                                            served(ready.worker());
                                            return awaited.isEmpty() ? betweenSteps() : Behaviors.same();
                                        })
                                .onMessage(
                                        PeerFailed.class,
                                        failed ->
                                                failed.epoch() == crew.epoch() && crew.hasQueued(failed)
                                                        ? betweenSteps() // neither is to blame: once more
                                                        : lead.losses.peerFailed(failed, waiting)));
    }

    /// The newcomer has received the state.
    void served(String newcomer) {
        unserved = 0;
        crew.joined(newcomer, course.position());
    }

    /// Newcomers are given up sooner than the last copy of the state; but one that serves none of them is no copy.
    Behavior<Inbox> withoutNewcomer(String lost) {
        List<String> holders = roster.holders();
        if (!holders.equals(List.of(lost)) && holders.size() == 1 && ++unserved >= UNSERVED) {
            unserved = 0;
            lead.losses.lose(holders.getFirst(), UNSERVED + " newcomers in a row waited in vain for its state");
        }
        return betweenSteps();
    }
}
