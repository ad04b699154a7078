package dev.pando.actors;

import dev.pando.actors.JobSupervisor.Command;
import dev.pando.actors.JobSupervisor.PeerFailed;
import dev.pando.actors.JobSupervisor.StageFailed;
import java.util.Collection;
import java.util.Locale;
import java.util.Optional;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/// Decides which workers a job does without from now on, and on what evidence.
///
/// One that is lost is given up: its device begins anew. One whose process merely stands still has fallen silent:
/// others do its part of the step, and it is let in again as soon as it gives a sign of life.
final class Losses {
    private final Lead lead;
    private final Quorum quorum;
    private final Crew crew;
    private final Roster roster;
    private final Course course;
    private final Checkpoints checkpoints;
    private final Balance balance;
    private final Stragglers stragglers;

    Losses(Lead lead) {
        this.lead = lead;
        this.quorum = lead.quorum;
        this.crew = lead.crew;
        this.roster = lead.roster;
        this.course = lead.course;
        this.checkpoints = lead.checkpoints;
        this.balance = lead.balance;
        this.stragglers = lead.stragglers;
    }

    /// One worker after the other, each in the state that the one before has led to.
    Behavior<Command> loseNode(NodeGone gone) {
        quorum.silent(gone.address().toString());
        roster.seats().stream()
                .filter(seat -> seat.device().path().address().equals(gone.address()))
                .forEach(seat -> lead.context.getSelf().tell(new StageFailed(seat.worker(), gone.evidence())));
        return Behaviors.same();
    }

    /// A process that stands still holds up nobody while nobody waits for anything.
    Behavior<Command> listen(Waiting waiting) {
        Collection<String> owing = waiting.owing().get();
        Optional<String> still = crew.still();
        Optional<String> silent = crew.silent(owing, waiting.pieces());
        if (still.filter(lead.sharding::canSpare).isPresent() && !owing.isEmpty()) {
            return fellSilent(still.get(), waiting);
        }
        return silent.map(worker ->
                        silent(
                                worker,
                                "silent for "
                                        + ms(crew.patienceNs(worker, waiting.pieces()))
                                        + ", beyond the job's own pace",
                                waiting))
                .orElse(Behaviors.same());
    }

    /// Nothing is given up but its part of the step: it may be paused, and be back with all that it holds.
    private Behavior<Command> fellSilent(String worker, Waiting waiting) {
        String evidence = "no sign of life for " + ms(crew.withoutSignNs(worker));
        quorum.silent(crew.node(roster.seat(worker).device()));
        checkpoints.left(worker);
        forget(worker);
        crew.fellSilent(worker, evidence, course.position());
        lead.sharding.lost(worker);
        crew.gaveUp(worker);
        return waiting.lost().apply(worker);
    }

    Behavior<Command> peerFailed(PeerFailed failed, Waiting waiting) {
        return failed.epoch() == crew.epoch()
                ? silent(failed.peer(), failed.evidence() + ", says " + failed.worker(), waiting)
                : Behaviors.same();
    }

    /// It did not say so itself: it may be cut off.
    private Behavior<Command> silent(String worker, String evidence, Waiting waiting) {
        if (roster.has(worker)) {
            quorum.silent(crew.node(roster.seat(worker).device()));
        }
        crew.gaveUp(worker);
        return lost(worker, evidence, waiting);
    }

    Behavior<Command> lost(String worker, String evidence, Waiting waiting) {
        course.failed();
        boolean wasHere = lose(worker, evidence);
        if (course.isHopeless()) {
            return lead.ending.fail(
                    String.format(
                            Locale.ROOT,
                            "step %d failed %d times in a row, at last because of %s: %s",
                            course.position(),
                            course.failures(),
                            worker,
                            evidence));
        }
        return wasHere ? waiting.lost().apply(worker) : Behaviors.same();
    }

    boolean lose(String worker, String evidence) {
        checkpoints.lost(worker);
        forget(worker);
        boolean deviceEnded = roster.has(worker) && !lead.devices.contains(roster.seat(worker).device());
        boolean wasHere = crew.lose(worker, evidence, deviceEnded, course.position());
        lead.sharding.lost(worker);
        return wasHere;
    }

    private void forget(String worker) {
        balance.forget(worker);
        stragglers.forget(worker);
    }

    private static String ms(long ns) {
        return ns / 1_000_000 + " ms";
    }
}
