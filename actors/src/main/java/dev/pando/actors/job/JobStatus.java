package dev.pando.actors.job;

import java.util.List;

/// How a job stands: what a person wants to know who looks at it now.
///
/// @param phase where it is in its life
/// @param node that leads it, empty where none does
/// @param incarnation counts the supervisors that led it
/// @param step committed steps, and the number of those wanted
/// @param epoch the current one
/// @param loss of the last committed step, NaN before the first
/// @param secondsPerStep of the last one, NaN before the first
/// @param workers that take part, in the order of their names
/// @param stragglers of them, and how much slower than the middle one each is
/// @param refusals devices that take no part, and why
/// @param lost workers so far
/// @param last a sentence: how it ended, or why the current epoch was opened
public record JobStatus(
        String job,
        Phase phase,
        String node,
        long incarnation,
        long step,
        long steps,
        long epoch,
        double loss,
        double secondsPerStep,
        List<String> workers,
        List<Straggler> stragglers,
        List<Refusal> refusals,
        long lost,
        String last)
        implements Wire {
    public JobStatus {
        workers = List.copyOf(workers);
        stragglers = List.copyOf(stragglers);
        refusals = List.copyOf(refusals);
    }

    public enum Phase {
        /// No such job was submitted.
        UNKNOWN,
        RUNNING,
        /// It ends after the step in flight.
        STOPPING,
        FINISHED,
        STOPPED,
        FAILED
    }

    /// @param sentence why it takes no part
    public record Refusal(String worker, String sentence) {}

    /// @param times as long as the middle worker it takes for a batch shard
    public record Straggler(String worker, double times) {}
}
