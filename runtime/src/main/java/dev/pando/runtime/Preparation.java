package dev.pando.runtime;

import dev.pando.training.data.Progress;
import dev.pando.training.data.Statistics;

/// Hears how a job's text becomes tokens: how far it is, and what it came to.
///
/// Called on the job's own thread, before the first [dev.pando.actors.JobEvent].
@FunctionalInterface
public interface Preparation extends Progress {
    /// Wants to hear nothing.
    Preparation UNHEARD = (phase, documents, bytes, totalBytes) -> {};

    /// The tokens are ready.
    default void prepared(Statistics statistics) {}
}
