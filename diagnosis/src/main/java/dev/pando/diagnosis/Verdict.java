package dev.pando.diagnosis;

import java.util.List;
import java.util.Optional;

/// What is to blame for a failure, and what to do: the answer to one log, or to the logs of one job.
///
/// @param file the log, or the first of a job's
/// @param reason the cause, not its loudest consequence
/// @param action what to do
/// @param node the blamed node or rank, where the log names one
/// @param since the last step and the time before the trouble, where the log shows them; else an empty text
/// @param evidence the lines that speak for it, the root first
/// @param confidence from 0 to 1
/// @param sentence the answer for a person
/// @param author who gave it: `rules` with their version, `incidents`, or the name of a model
public record Verdict(
        String file,
        Reason reason,
        Action action,
        Optional<String> node,
        String since,
        List<Evidence> evidence,
        double confidence,
        String sentence,
        String author) {
    public Verdict {
        evidence = List.copyOf(evidence);
    }
}
