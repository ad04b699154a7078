package dev.pando.chaos.verify;

import dev.pando.actors.job.JobEvent;
import dev.pando.chaos.faults.Fault;
import dev.pando.chaos.faults.FaultScript;
import dev.pando.chaos.injection.Firing;
import dev.pando.chaos.judge.History;
import dev.pando.chaos.judge.Violation;
import dev.pando.runtime.job.JobResult;
import java.util.List;

/// One run of a verification.
///
/// @param script the faults that were meant for it, nothing left open
/// @param firings those that struck
/// @param neverFired those that did not
/// @param history all its events
/// @param violations rules that the history breaks, beside that of the undisturbed run if there is one
public record Run(
        String name,
        int workers,
        JobResult result,
        FaultScript script,
        List<Firing> firings,
        List<Fault> neverFired,
        History history,
        List<Violation> violations,
        double seconds) {

    /// Epochs that were opened.
    public long epochs() {
        return history.all(JobEvent.EpochOpened.class).count();
    }

    /// The hash that the run ended with, or why it has none.
    public String hash() {
        return switch (result) {
            case JobResult.Finished finished -> finished.hash();
            case JobResult.Stopped stopped -> "stopped after " + stopped.step() + " steps";
            case JobResult.Failed failed -> "failed after " + failed.step() + " steps: " + failed.diagnosis();
        };
    }
}
