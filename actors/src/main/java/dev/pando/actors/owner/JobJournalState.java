package dev.pando.actors.owner;

import dev.pando.actors.job.JobEntry;
import dev.pando.actors.job.JobEntry.CancelAsked;
import dev.pando.actors.job.JobEntry.Happened;
import dev.pando.actors.job.JobEntry.Led;
import dev.pando.actors.job.JobEntry.StopAsked;
import dev.pando.actors.job.JobEntry.Submitted;
import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.JobSpec;
import dev.pando.actors.supervisor.RecoveredLeadership;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/// What a job's journal says: all entries, and what follows from them.
final class JobJournalState {
    private final List<JobEntry> entries = new ArrayList<>();
    private Optional<JobSpec> job = Optional.empty();
    private Optional<JobEvent> end = Optional.empty();
    private long incarnation;
    private final SortedMap<String, String> workers = new TreeMap<>();
    private final Set<String> refused = new TreeSet<>();
    private long submitted;
    private long durable;
    private boolean stopping;
    private boolean cancelled;

    JobJournalState with(JobEntry entry) {
        entries.add(entry);
        switch (entry) {
            case Submitted news -> {
                job = Optional.of(news.job());
                end = Optional.empty();
                submitted = last();
                workers.clear();
                refused.clear();
                stopping = false;
                cancelled = false;
            }
            case Led led -> incarnation = led.incarnation();
            case StopAsked asked -> stopping = true;
            case CancelAsked asked -> cancelled = true;
            case Happened(var at, var event) -> {
                follow(event);
                if (event.endsTheJob()) {
                    end = Optional.of(event);
                }
            }
        }
        return this;
    }

    private void follow(JobEvent event) {
        switch (event) {
            case JobEvent.WorkerJoined joined -> workers.put(joined.worker(), joined.node());
            case JobEvent.WorkerLost lost -> workers.remove(lost.worker());
            case JobEvent.WorkerFellSilent silent -> workers.remove(silent.worker());
            case JobEvent.WorkerLeft left -> workers.remove(left.worker());
            case JobEvent.WorkerRefused refusal -> refused.add(refusal.worker());
            case JobEvent.CheckpointDurable checkpoint -> durable = Math.max(durable, checkpoint.step());
            case JobEvent.StateLoaded loaded -> durable = loaded.step(); // newer ones are damaged
            default -> {}
        }
    }

    /// What the supervisor that leads now, or is about to, should know of those before it.
    RecoveredLeadership inheritance() {
        return new RecoveredLeadership(incarnation, durable, new TreeMap<>(workers), Set.copyOf(refused));
    }

    /// As it was last submitted.
    Optional<JobSpec> job() {
        return job;
    }

    /// How it ended, if it did.
    Optional<JobEvent> end() {
        return end;
    }

    boolean isRunning() {
        return job.isPresent() && end.isEmpty();
    }

    /// Whether it is to end with a checkpoint.
    boolean isStopping() {
        return stopping;
    }

    /// Whether it is to end at once.
    boolean isCancelled() {
        return cancelled;
    }

    /// Incarnation of the supervisor that led last.
    long incarnation() {
        return incarnation;
    }

    /// Number of the entry with which it was submitted last.
    long submitted() {
        return submitted;
    }

    /// Number of the last entry, from 1.
    long last() {
        return entries.size();
    }

    /// The entries after that number.
    List<JobEntry> after(long number) {
        return List.copyOf(entries.subList(Math.clamp(number, 0, entries.size()), entries.size()));
    }
}
