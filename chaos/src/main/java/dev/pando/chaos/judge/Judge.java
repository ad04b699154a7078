package dev.pando.chaos.judge;

import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.JobEvent.StepCommitted;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/// Says whether a job's history is one that a correct runtime can have, and which rule it breaks if not.
///
/// Knows nothing of how the runtime works: it reads what happened, and what must be true of it. For histories of any
/// origin.
public final class Judge {
    private Judge() {}

    /// Judges a history by itself.
    ///
    /// @return nothing if all is well
    public static List<Violation> judge(History history) {
        Hearing hearing = new Hearing(history.missingFrom());
        history.events().forEach(hearing::hear);
        return hearing.end().stream().filter(violation -> !isOfTooManyLosses(violation, history)).toList();
    }

    /// Where moments are sharded, workers may hold the weights of a state whose moments were lost with others.
    private static boolean isOfTooManyLosses(Violation violation, History history) {
        return history.copies() > 0
                && violation.rule() == Rule.NO_STEP_REDONE
                && lostAtOnce(history.events().subList(0, violation.position())) >= history.copies();
    }

    /// Workers that were lost since the moments were shared again: that is before each step. Those that are lost while
    /// a step is applied may come before the word of it.
    private static int lostAtOnce(List<JobEvent> before) {
        int lost = 0;
        int committed = 0;
        long earliest = Long.MIN_VALUE;
        for (JobEvent event : before.reversed()) {
            long step =
                    switch (event) {
                        case JobEvent.WorkerLost gone -> gone.step();
                        case JobEvent.WorkerFellSilent silent -> silent.step();
                        default -> Long.MIN_VALUE;
                    };
            if (step != Long.MIN_VALUE && step >= earliest) {
                earliest = Math.max(earliest, step - 1); // a folder lacks commits that were taken back
                lost++;
            }
            committed += event instanceof StepCommitted ? 1 : 0;
            if (committed == 2 || event instanceof JobEvent.StateLoaded) {
                break;
            }
        }
        return lost;
    }

    /// Judges a history by itself, and beside that of the same job where nothing went wrong.
    public static List<Violation> judge(History history, History undisturbed) {
        List<Violation> violations = new ArrayList<>(judge(history));
        violations.addAll(compareSteps(history.events(), undisturbed.events()));
        Optional<String> expected = undisturbed.hash();
        Optional<String> hash = history.hash();
        if (expected.isPresent() && hash.isPresent() && !hash.equals(expected)) {
            violations.add(
                    new Violation(
                            Rule.SAME_HASH,
                            history.events().size(),
                            "the run ends with " + hash.get() + ", the undisturbed one with " + expected.get()));
        }
        return violations;
    }

    private static List<Violation> compareSteps(List<JobEvent> history, List<JobEvent> undisturbed) {
        Map<Long, StepCommitted> expected = new HashMap<>();
        undisturbed.forEach(event -> {
            if (event instanceof StepCommitted step) {
                expected.put(step.step(), step);
            }
        });
        List<Violation> violations = new ArrayList<>();
        for (int i = 0; i < history.size(); i++) {
            if (history.get(i) instanceof StepCommitted step) {
                StepCommitted twin = expected.get(step.step());
                if (twin == null) {
                    violations.add(
                            new Violation(
                                    Rule.SAME_LOSS_HISTORY,
                                    i,
                                    "step " + step.step() + " was committed, which the undisturbed run does not have"));
                } else if (!sameNumbers(step, twin)) {
                    violations.add(
                            new Violation(
                                    Rule.SAME_LOSS_HISTORY,
                                    i,
                                    "step "
                                            + step.step()
                                            + " has "
                                            + numbers(step)
                                            + ", undisturbed it has "
                                            + numbers(twin)));
                }
            }
        }
        return violations;
    }

    /// Whether two commits of a step agree in every bit of what a step is.
    static boolean sameNumbers(StepCommitted one, StepCommitted other) {
        return bits(one).equals(bits(other));
    }

    private static List<Long> bits(StepCommitted step) {
        return List.of(
                Double.doubleToRawLongBits(step.loss()),
                Double.doubleToRawLongBits(step.gradientNorm()),
                Double.doubleToRawLongBits(step.learningRate()),
                step.tokens());
    }

    static String numbers(StepCommitted step) {
        return "loss "
                + step.loss()
                + ", norm "
                + step.gradientNorm()
                + ", rate "
                + step.learningRate()
                + ", "
                + step.tokens()
                + " tokens";
    }

    /// All violations in a few lines, for an assertion or a terminal.
    public static String describe(List<Violation> violations) {
        return violations.isEmpty()
                ? "no rule is broken"
                : violations.stream().map(Violation::toString).collect(Collectors.joining("\n"));
    }
}
