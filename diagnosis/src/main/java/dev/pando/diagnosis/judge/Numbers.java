package dev.pando.diagnosis.judge;

import dev.pando.diagnosis.Action;
import dev.pando.diagnosis.Evidence;
import dev.pando.diagnosis.Reason;
import dev.pando.diagnosis.Verdict;
import dev.pando.diagnosis.text.Clean;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What a run's numbers and its silence say where no line names an error: a loss spike, or a hang.
final class Numbers {
    /// Before an error that follows it: whatever asserts on a NaN is its consequence.
    private static final double NOT_A_NUMBER = 62;

    /// Weaker than any error: a loss that jumps and comes back stops no run.
    private static final double JUMP = 12;

    /// One that stays.
    private static final double LASTING = 24;

    /// Stacks of all threads are asked for when a run does not move.
    private static final double STACKS = 22;

    private Numbers() {}

    static Optional<Finding> of(LogReading log) {
        Steps steps = log.steps();
        if (!steps.isSpike()) {
            return Optional.empty();
        }
        boolean lasting = steps.isLasting();
        double level = steps.isNonFinite() ? NOT_A_NUMBER : lasting ? LASTING : JUMP;
        Action action = steps.isSavedInside() && lasting ? Action.ROLL_BACK : Action.RESTART_SAME_NODES;
        Finding finding =
                Judge.detected(
                        "steps",
                        Reason.LOSS_SPIKE,
                        action,
                        level,
                        steps.story(),
                        log.file(),
                        steps.badLine(),
                        steps.badText());
        finding.stepsAfter = steps.count();
        return Optional.of(finding);
    }

    /// The verdict of logs in which no line names a cause.
    static Verdict withoutSigns(List<LogReading> logs) {
        LogReading log = logs.getFirst();
        for (LogReading other : logs) {
            if (other.stackLines() > log.stackLines()) {
                log = other;
            }
        }
        if (log.isFinished()) {
            return verdict(
                    log,
                    Reason.NONE,
                    Action.NONE,
                    List.of(),
                    0.6,
                    "No failure was found: the log says that the run ended well.");
        }
        if (log.lineCount() == 0) {
            return verdict(log, Reason.NONE, Action.NONE, List.of(), 0.3, "No failure was found: the log is empty.");
        }
        if (log.alarmLine() > 0 && log.stackLines() == 0) {
            return verdict(
                    log,
                    Reason.RUNTIME_ERROR,
                    Action.RESTART_SAME_NODES,
                    List.of(new Evidence(log.file(), log.alarmLine(), Clean.cut(log.alarmText(), 240), "alarm", 1)),
                    0.25,
                    "Runtime Error: no rule knows \""
                            + Clean.cut(log.alarmText(), 120)
                            + "\"; "
                            + Action.RESTART_SAME_NODES.advice()
                            + ", and look at that line if it comes again.");
        }
        List<Evidence> evidence = new ArrayList<>();
        double confidence = 0.35;
        if (log.stackLines() > 0) {
            evidence.add(
                    new Evidence(
                            log.file(), log.stackFirst(), Clean.cut(log.stackText(), 240), "stacks", log.stackLines()));
            confidence += 0.3;
        }
        if (log.aliveCount() > 0) {
            evidence.add(
                    new Evidence(
                            log.file(),
                            log.aliveLine(),
                            Clean.cut(log.aliveText(), 240),
                            "signs of life",
                            log.aliveCount()));
            confidence += 0.15;
        }
        if (evidence.isEmpty()) {
            evidence.add(new Evidence(log.file(), log.lineCount(), Clean.cut(log.tail(), 240), "last line", 1));
        }
        String at = log.steps().lastStep() >= 0 ? " after step " + log.steps().lastStep() : "";
        return verdict(
                log,
                Reason.HANG,
                Action.RESTART_SAME_NODES,
                evidence,
                confidence,
                "Hang (no progress): the log names no error and shows no progress"
                        + at
                        + "; "
                        + Action.RESTART_SAME_NODES.advice()
                        + ".");
    }

    static Optional<Finding> stacks(LogReading log) {
        if (log.stackLines() == 0) {
            return Optional.empty();
        }
        return Optional.of(
                Judge.detected(
                        "stacks",
                        Reason.HANG,
                        Action.RESTART_SAME_NODES,
                        STACKS,
                        "the stacks of a run that did not move were dumped",
                        log.file(),
                        log.stackFirst(),
                        log.stackText()));
    }

    static String since(List<LogReading> logs, Finding root) {
        for (LogReading log : logs) {
            if (log.file().equals(root.file) && log.steps().lastStep() >= 0) {
                return "after step " + log.steps().lastStep() + " (line " + log.steps().lastLine() + ")";
            }
        }
        return root.stepsBefore == 0 ? "before the first step" : "";
    }

    private static Verdict verdict(
            LogReading log, Reason reason, Action action, List<Evidence> evidence, double confidence, String sentence) {
        String since =
                log.steps().lastStep() >= 0
                        ? "after step " + log.steps().lastStep() + " (line " + log.steps().lastLine() + ")"
                        : "";
        return new Verdict(
                log.file(),
                reason,
                action,
                Optional.empty(),
                since,
                evidence,
                confidence,
                sentence,
                "rules " + log.rulesVersion());
    }
}
