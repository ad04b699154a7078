package dev.pando.runtime.job;

import dev.pando.training.data.Progress;
import dev.pando.training.data.Statistics;

/// Hears how a job is prepared: whom it waits for, how its text becomes tokens and how far that is, and what it came
/// to.
///
/// Called by one thread at a time, before the first [dev.pando.actors.job.JobEvent].
@FunctionalInterface
public interface Preparation extends Progress {
    /// Wants to hear nothing.
    Preparation UNHEARD = (phase, documents, bytes, totalBytes) -> {};

    /// It takes a while, and why. Told again while it lasts.
    default void waiting(String sentence) {}

    /// The tokens are ready.
    default void prepared(Statistics statistics) {}
}
