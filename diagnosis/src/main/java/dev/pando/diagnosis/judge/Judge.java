package dev.pando.diagnosis.judge;

import dev.pando.diagnosis.Action;
import dev.pando.diagnosis.Evidence;
import dev.pando.diagnosis.Reason;
import dev.pando.diagnosis.Verdict;
import dev.pando.diagnosis.text.Clean;
import dev.pando.diagnosis.text.Origin;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/// Settles which of many signs is the root: by what each explains, not by which came first or shouts loudest.
///
/// A sign's level says how near the root its kind is: hardware explains a driver's error, that explains an exception,
/// that explains a collective's time-out, that explains a closed connection, and that explains a shutdown. The level is
/// lowered for advice, for what happens while a process ends, for what the run survived, for warnings, and for an
/// exception that was raised from another; it is raised for what a single rank says against many. Among equals the
/// earliest counts.
final class Judge {
    private static final double ADVICE = 60;
    private static final double TEARDOWN = 35;
    private static final double SURVIVED = 25;
    private static final double WARNING = 12;
    private static final double CONSEQUENCE = 12;
    private static final double HANDLED = 2;
    private static final double ALONE = 4;
    private static final double TRACEBACK = 1.5;
    private static final double HARDWARE = 85;

    /// Below it warnings are how such signs are logged.
    private static final double WEAK = 43;

    private static final double YIELDS = 25;
    private static final Set<Reason> COLLECTIVE =
            EnumSet.of(
                    Reason.NCCL_REMOTE_ERROR, Reason.NCCL_TIMEOUT_ERROR, Reason.NETWORK_ERROR, Reason.CONNECTION_ERROR);
    private static final int EVIDENCE = 6;

    private record Weighed(Finding finding, double weight) {}

    private Judge() {}

    static Verdict settle(List<LogReading> logs) {
        List<Finding> findings = new ArrayList<>();
        Set<String> origins = new TreeSet<>();
        for (LogReading log : logs) {
            findings.addAll(log.signs());
            Numbers.of(log).ifPresent(findings::add);
            Numbers.stacks(log).ifPresent(findings::add);
        }
        findings.forEach(finding -> origins.addAll(finding.origins));
        List<Weighed> weighed = new ArrayList<>();
        for (Finding finding : findings) {
            weighed.add(new Weighed(finding, weight(finding, findings, logs, origins.size())));
        }
        weighed.sort(
                Comparator.comparingDouble((Weighed one) -> -one.weight())
                        .thenComparingDouble(one ->
                                Double.isNaN(one.finding().seconds) ? 0 : logs.size() > 1 ? one.finding().seconds : 0)
                        .thenComparingLong(one -> one.finding().line)
                        .thenComparing(one -> one.finding().sign));
        if (weighed.isEmpty() || weighed.getFirst().weight() <= 0) {
            return Numbers.withoutSigns(logs);
        }
        return verdict(weighed, logs);
    }

    private static double weight(Finding finding, List<Finding> findings, List<LogReading> logs, int origins) {
        double weight = finding.level;
        if (finding.isAdvice) {
            weight -= ADVICE;
        }
        if (finding.isTeardown) {
            weight -= TEARDOWN;
        }
        if (finding.isWarning && finding.level < HARDWARE && finding.level > WEAK) {
            weight -= WARNING;
        }
        if (finding.yields && findings.stream().anyMatch(other -> explains(other, finding))) {
            weight -= YIELDS;
        }
        long steps =
                logs.stream()
                        .filter(log -> log.file().equals(finding.file))
                        .mapToLong(log -> log.steps().count())
                        .sum();
        if (finding.level < HARDWARE && steps > finding.stepsAfter + 1) {
            weight -= SURVIVED;
        }
        weight -=
                switch (finding.chain) {
                    case NONE, CAUSE -> 0;
                    case HANDLED -> HANDLED;
                    case CONSEQUENCE -> CONSEQUENCE / 12;
                };
        if (origins > 3 && finding.origins.size() == 1 && !finding.origins.first().isEmpty()) {
            weight += ALONE;
        }
        return weight + (finding.endsTraceback ? TRACEBACK : 0);
    }

    private static boolean explains(Finding other, Finding crash) {
        return COLLECTIVE.contains(other.reason)
                && !other.isAdvice
                && other.file.equals(crash.file)
                && other.line <= crash.line;
    }

    private static Verdict verdict(List<Weighed> weighed, List<LogReading> logs) {
        Finding root = weighed.getFirst().finding();
        double margin =
                weighed.stream()
                        .filter(one -> one.finding().reason != root.reason)
                        .findFirst()
                        .map(second -> weighed.getFirst().weight() - second.weight())
                        .orElse(40.0);
        double confidence =
                Math.clamp(
                        0.55 + Math.min(margin, 30) / 100 + (root.level >= 60 ? 0.12 : root.level >= 45 ? 0.05 : -0.1),
                        0.2,
                        0.97);
        List<Evidence> evidence = new ArrayList<>();
        for (Weighed one : weighed) {
            boolean known = evidence.stream().anyMatch(seen -> seen.line() == one.finding().line);
            if (!known
                    && evidence.size() < EVIDENCE
                    && (one.finding().reason == root.reason || evidence.size() < 3)
                    && one.weight() > 0) {
                evidence.add(evidence(one.finding()));
            }
        }
        Optional<String> node = blamed(root);
        return new Verdict(
                root.file,
                root.reason,
                root.action,
                node,
                Numbers.since(logs, root),
                evidence,
                Math.round(confidence * 100) / 100.0,
                sentence(root, node),
                "rules " + logs.getFirst().rulesVersion());
    }

    private static Evidence evidence(Finding finding) {
        return new Evidence(finding.file, finding.line, finding.text, finding.sign, finding.times);
    }

    private static Optional<String> blamed(Finding root) {
        if (!root.node.isEmpty()) {
            return Optional.of(root.node);
        }
        if (!root.origin.name().isEmpty()) {
            return root.origins.size() == 1 || root.level >= HARDWARE
                    ? Optional.of(root.origin.name())
                    : Optional.empty();
        }
        return Optional.empty();
    }

    static String sentence(Finding root, Optional<String> node) {
        String where =
                !root.place.isEmpty() && root.action == Action.USER_FIX
                        ? " at " + root.place
                        : node.map(name -> " on " + name).orElse("");
        String says = root.says.isEmpty() ? Clean.cut(root.text, 160) : root.says;
        return root.reason.label() + where + ": " + says + "; " + advice(root, node) + ".";
    }

    private static String advice(Finding root, Optional<String> node) {
        return root.action == Action.CORDON_NODE && node.isPresent()
                ? "cordon " + node.get() + " and restart from the newest checkpoint without it"
                : root.action.advice();
    }

    /// A finding that no rule made: of a run's numbers or its silence.
    static Finding detected(
            String sign, Reason reason, Action action, double level, String says, String file, long line, String text) {
        return new Finding(sign, reason, action, level, says, file, line, Clean.cut(text, 400), Origin.of(text), "");
    }
}
