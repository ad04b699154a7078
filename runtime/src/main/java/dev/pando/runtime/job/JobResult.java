package dev.pando.runtime.job;

import java.nio.file.Path;

/// How a job ended: three outcomes that a caller must tell apart.
public sealed interface JobResult {
    /// The run's folder.
    Path folder();

    /// Number of committed steps.
    long step();

    /// All steps are committed, the last checkpoint is durable, the samples are written.
    ///
    /// @param hash `sha256:…` over weights, moments and loss history
    record Finished(Path folder, long step, String hash) implements JobResult {}

    /// Stopped on request, with a checkpoint to go on from.
    record Stopped(Path folder, long step) implements JobResult {}

    /// Nothing more could be done without a person.
    ///
    /// @param diagnosis one sentence for that person
    record Failed(Path folder, long step, String diagnosis) implements JobResult {}
}
