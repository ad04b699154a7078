package dev.pando.actors.owner;

import dev.pando.actors.job.JobEntry;
import dev.pando.actors.job.JobEvent;
import dev.pando.actors.owner.JobOwner.Told;
import dev.pando.actors.owner.JobOwner.Watched;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.apache.pekko.actor.typed.ActorRef;

/// Watchers of a job, and the events that they may have missed: all that are journalled, and the latest steps.
final class EventSubscribers {
    private static final int REMEMBERED_EVENTS = 4_096;

    private final ArrayDeque<Told> recent = new ArrayDeque<>();
    private final Set<ActorRef<Watched>> watchers = new LinkedHashSet<>();

    void add(ActorRef<Watched> watcher) {
        watchers.add(watcher);
    }

    void remove(ActorRef<Watched> watcher) {
        watchers.remove(watcher);
    }

    void tell(Told told) {
        recent.add(told);
        if (recent.size() > REMEMBERED_EVENTS) {
            recent.remove();
        }
        watchers.forEach(watcher -> watcher.tell(told));
    }

    /// The job starts over.
    void forget() {
        recent.clear();
    }

    /// What happened since a point: from the journal as far as this owner was not there, then as it told it.
    List<Told> missed(JobJournalState account, JobOwner.Watch since) {
        List<Told> missed = new ArrayList<>();
        long ownFirst =
                recent.stream()
                        .filter(told -> isJournalled(told.event()))
                        .mapToLong(Told::entry)
                        .findFirst()
                        .orElse(Long.MAX_VALUE);
        long after = Math.clamp(since.afterEntry(), account.submitted(), account.last());
        long number = after;
        for (JobEntry entry : account.after(number)) {
            number++;
            if (entry instanceof JobEntry.Happened happened && number < ownFirst) {
                missed.add(new Told(number, happened.at(), happened.event()));
            }
        }
        for (Told told : recent) {
            boolean news =
                    told.event() instanceof JobEvent.StepCommitted step
                            ? step.step() > since.afterStep()
                            : told.entry() > after;
            if (news) {
                missed.add(told);
            }
        }
        return missed;
    }

    /// What is too frequent for a journal is told alone.
    static boolean isJournalled(JobEvent event) {
        return !(event instanceof JobEvent.StepCommitted || event instanceof JobEvent.SnapshotTaken);
    }
}
