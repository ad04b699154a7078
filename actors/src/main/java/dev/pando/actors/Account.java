package dev.pando.actors;

import dev.pando.actors.JobEntry.CancelAsked;
import dev.pando.actors.JobEntry.Happened;
import dev.pando.actors.JobEntry.Led;
import dev.pando.actors.JobEntry.StopAsked;
import dev.pando.actors.JobEntry.Submitted;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What a job's journal says: all entries, and what follows from them.
final class Account {
    private final List<JobEntry> entries = new ArrayList<>();
    private Optional<JobSpec> job = Optional.empty();
    private Optional<JobEvent> end = Optional.empty();
    private long incarnation;
    private boolean stopping;
    private boolean cancelled;

    Account with(JobEntry entry) {
        entries.add(entry);
        switch (entry) {
            case Submitted submitted -> {
                job = Optional.of(submitted.job());
                end = Optional.empty();
                stopping = false;
                cancelled = false;
            }
            case Led led -> incarnation = led.incarnation();
            case StopAsked asked -> stopping = true;
            case CancelAsked asked -> cancelled = true;
            case Happened(var at, var event) -> {
                if (event.endsTheJob()) {
                    end = Optional.of(event);
                }
            }
        }
        return this;
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

    /// Of the supervisor that was the last to lead.
    long incarnation() {
        return incarnation;
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
