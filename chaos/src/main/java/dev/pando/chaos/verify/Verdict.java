package dev.pando.chaos.verify;

import dev.pando.chaos.judge.Violation;
import dev.pando.runtime.job.JobResult;
import java.util.ArrayList;
import java.util.List;

/// What a verification found.
public record Verdict(Run undisturbed, List<Run> disturbed) {
    public Verdict {
        disturbed = List.copyOf(disturbed);
    }

    /// Whether all runs ended with the same bits, all histories are in order, and all faults struck.
    public boolean holds() {
        return objections().isEmpty();
    }

    /// One sentence for each thing that is not as it should be.
    public List<String> objections() {
        List<String> sentences = new ArrayList<>();
        if (!(undisturbed.result() instanceof JobResult.Finished)) {
            sentences.add("the undisturbed run " + undisturbed.hash());
        }
        object(undisturbed, sentences);
        boolean meant = disturbed.stream().anyMatch(run -> !run.neverFired().isEmpty());
        if (!disturbed.isEmpty() && !meant && disturbed.stream().allMatch(run -> run.firings().isEmpty())) {
            sentences.add("no fault struck any run, so that nothing is shown; name other faults, more steps or --seed");
        }
        for (Run run : disturbed) {
            if (!run.hash().equals(undisturbed.hash())) {
                sentences.add(
                        who(run)
                                + (run.result() instanceof JobResult.Finished ? " ended with other bits: " : " ")
                                + run.hash());
            }
            object(run, sentences);
            run.neverFired()
                    .forEach(fault ->
                            sentences.add("\"" + fault + "\" never struck the run with " + run.workers() + " workers"));
        }
        return sentences;
    }

    private static void object(Run run, List<String> sentences) {
        run.violations().stream()
                .findFirst()
                .map(Violation::toString)
                .ifPresent(first -> sentences.add(who(run) + ", " + first));
    }

    private static String who(Run run) {
        return run.name().equals("undisturbed")
                ? "the undisturbed run"
                : "the run with " + run.workers() + (run.workers() == 1 ? " worker" : " workers");
    }
}
