package dev.pando.chaos.simulation;

import dev.pando.actors.job.JobEvent;
import dev.pando.actors.stage.GpuWorker;
import dev.pando.chaos.judge.Rule;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Sees what a job's history does not say: how an actor comes to its end, on whose order, and whether a worker is given
/// up for nothing.
final class Onlooker {
    /// A rule that was broken, and how.
    record Sight(Rule rule, String sentence) {}

    private final List<Sight> sights = new ArrayList<>();
    private final Map<String, Long> obeyed = new HashMap<>(); // the newest incarnation that each worker has heard of
    private final Set<String> brokenOff = new HashSet<>(); // supervisors that ended without stopping
    private final Shares shares = new Shares();
    private boolean peace = true;

    List<Sight> sights() {
        return sights;
    }

    /// A fault strikes.
    void struck() {
        peace = false;
    }

    void told(JobEvent event) {
        if (!peace) {
            return;
        }
        switch (event) {
            case JobEvent.WorkerLost(String worker, long step, String evidence) -> inPeace(worker, step, evidence);
            case JobEvent.WorkerFellSilent(String worker, long step, String evidence) ->
                    inPeace(worker, step, evidence);
            default -> {}
        }
    }

    /// A worker is given an order, where optimizer state is sharded.
    void ordered(Object order) {
        shares.ordered(order);
    }

    /// A supervisor tells of something, where optimizer state is sharded; its owner may never write it.
    void says(String supervisor, JobEvent event) {
        shares.told(supervisor, event).ifPresent(wrong -> see(Rule.NO_STEP_REDONE, wrong));
    }

    /// An actor has taken a turn.
    ///
    /// @param heard null for a signal
    void took(String path, Object heard, String from, String to) {
        switch (heard) {
            case GpuWorker.Host host -> obeyed.merge(path, host.leader().incarnation(), Math::max);
            case GpuWorker.Abandon(_, long incarnation, _)
                    when isOver(to) && incarnation < obeyed.getOrDefault(path, 0L) ->
                    see(
                            Rule.NO_OLD_EPOCH,
                            path
                                    + " ends on the word of supervisor "
                                    + incarnation
                                    + ", while supervisor "
                                    + obeyed.get(path)
                                    + " leads");
            case null, default -> {}
        }
        int own = path.lastIndexOf('/') + 1;
        if (path.startsWith("supervisor-", own) && to.equals(Scribe.ENDED) && !from.equals(Moves.STOPPED)) {
            brokenOff.add(path);
        }
        if (path.startsWith("owner-", own) && heard != null && isSupervisorGone(heard)) {
            // The owner is still there: it was not the owner's end that ended its supervisor.
            brokenOff.removeIf(supervisor -> supervisor.startsWith(path + "/") && see(supervisor));
        }
    }

    private void inPeace(String worker, long step, String evidence) {
        see(
                Rule.NOBODY_LOST_IN_PEACE,
                worker + " is given up in step " + step + " though nothing has gone wrong: " + evidence);
    }

    private boolean see(String supervisor) {
        return see(Rule.LEADER_HAS_A_LAST_WORD, supervisor + " breaks off");
    }

    private boolean see(Rule rule, String sentence) {
        return sights.add(new Sight(rule, sentence));
    }

    private static boolean isOver(String state) {
        return state.equals(Moves.STOPPED) || state.equals(Scribe.ENDED);
    }

    /// The private messages of an owner have no name outside it.
    private static boolean isSupervisorGone(Object heard) {
        return heard.getClass().getSimpleName().equals("SupervisorGone");
    }
}
