package dev.pando.runtime.job;

import dev.pando.actors.job.JobEvent;
import dev.pando.runtime.settings.UserError;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;

/// A job that runs, as its starter sees it: what happens, how it ends, and a way to stop it.
public interface Job {
    String name();

    /// The run's folder.
    Path folder();

    /// What happens from now on. A subscriber that wants all from the beginning listens through its [Submission].
    Flow.Publisher<JobEvent> events();

    /// How the job ended. Completes exceptionally where the job could not even begin: with [UserError], or with the
    /// exception of the part that failed, whose message is one sentence.
    CompletionStage<JobResult> done();

    /// What the job's workers in this process hold in the memory that they compute in; empty where there are none.
    Optional<MemoryUse> memory();

    /// Ends the job after the step in flight, with a checkpoint. May be called at any time, and again.
    CompletionStage<JobResult> stop();
}
