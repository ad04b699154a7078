package dev.pando.chaos.survival;

import dev.pando.actors.job.JobEvent;
import dev.pando.chaos.judge.History;
import dev.pando.chaos.judge.Judge;
import dev.pando.chaos.judge.Violation;
import dev.pando.runtime.folder.EventLine;
import dev.pando.runtime.folder.StepLine;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/// What a run lived through, and what it lost by it: computed from the files of the run and of its undisturbed twin.
///
/// @param begun when the first step was committed
/// @param hash at the end; empty where there was none
/// @param expected that of the undisturbed run
/// @param violations rules of the judge that the history breaks
/// @param redone steps that were committed, lost with the last copy of the state, and committed once more
/// @param seconds from the first committed step to the last
/// @param undisturbedSeconds the same of the undisturbed run
/// @param stepSeconds how long each step took, from commit to commit
/// @param undisturbedStepSeconds the same of the undisturbed run
/// @param at when each step was committed, in seconds since the first
/// @param workers that took part in it
/// @param scars one for each fault that struck
/// @param spared faults that never struck
public record Survival(
        String job,
        int nodes,
        int fullStrength,
        String begun,
        String end,
        String hash,
        String expected,
        List<String> violations,
        long steps,
        long redone,
        double seconds,
        double undisturbedSeconds,
        double[] stepSeconds,
        double[] undisturbedStepSeconds,
        double[] at,
        int[] workers,
        List<Scar> scars,
        List<String> spared) {

    /// The same end, to the bit, by a history that breaks no rule.
    public boolean isSound() {
        return !hash.isEmpty() && hash.equals(expected) && violations.isEmpty();
    }

    /// The time that the committed steps take undisturbed, over the time that they took.
    public double goodput() {
        return undisturbedSeconds / seconds;
    }

    /// The same by the run's own pace: committed steps times the median of a step's time, over the time that they took.
    public double goodputByOwnPace() {
        return stepSeconds.length * median(stepSeconds) / seconds;
    }

    /// As good as a run gets by the run's own pace where nothing strikes: the undisturbed one.
    public double undisturbedByOwnPace() {
        return undisturbedStepSeconds.length * median(undisturbedStepSeconds) / undisturbedSeconds;
    }

    /// Mean time between two faults.
    public double secondsBetween() {
        return scars.isEmpty() ? Double.NaN : seconds / scars.size();
    }

    static Survival of(
            String job,
            int nodes,
            int fullStrength,
            List<Blow> blows,
            Path undisturbed,
            Path disturbed,
            History heard) {
        List<StepLine> steps = StepLine.read(disturbed);
        List<StepLine> twin = StepLine.read(undisturbed);
        List<EventLine> events = EventLine.read(disturbed);
        History history = History.read(disturbed);
        History expected = History.read(undisturbed);
        Instant first = steps.isEmpty() ? Instant.now() : steps.getFirst().instant();
        double[] at = steps.stream().mapToDouble(step -> seconds(first, step.instant())).toArray();
        double[] lengths = lengths(steps);
        double pace = twin.size() < 2 ? 0 : median(lengths(twin));
        List<Blow> struck =
                blows.stream()
                        .filter(blow -> blow.struck().isPresent())
                        .sorted(Comparator.comparing(blow -> blow.struck().orElseThrow()))
                        .toList();
        List<EventLine> unclaimed = new ArrayList<>(events); // what one fault is known by tells of no other
        List<Scar> scars = new ArrayList<>();
        for (int i = 0; i < struck.size(); i++) {
            Instant until = i + 1 < struck.size() ? struck.get(i + 1).struck().orElseThrow() : Instant.MAX;
            scars.add(Scar.of(struck.get(i), until, first, at, lengths, pace, events, unclaimed, fullStrength));
        }
        scars.sort((one, other) -> Double.compare(one.at(), other.at()));
        return new Survival(
                job,
                nodes,
                fullStrength,
                first.toString(),
                end(history),
                history.hash().orElse(""),
                expected.hash().orElse(""),
                Judge.judge(history, expected).stream().map(Violation::toString).toList(),
                history.committed(),
                redone(heard),
                at.length == 0 ? 0 : at[at.length - 1],
                twin.isEmpty() ? 0 : seconds(twin.getFirst().instant(), twin.getLast().instant()),
                lengths,
                lengths(twin),
                at,
                steps.stream().mapToInt(StepLine::workers).toArray(),
                scars,
                blows.stream().filter(blow -> blow.struck().isEmpty()).map(blow -> blow.fault().toString()).toList());
    }

    private static String end(History history) {
        return switch (history.events().isEmpty() ? null : history.events().getLast()) {
            case JobEvent.Finished finished -> "all " + finished.step() + " steps are committed";
            case JobEvent.Failed failed -> "the job gave up: " + failed.diagnosis();
            case JobEvent.Stopped stopped -> "stopped after " + stopped.step() + " steps";
            case null, default -> "the run ended without a word";
        };
    }

    private static long redone(History heard) {
        long committed = 0;
        long redone = 0;
        for (JobEvent event : heard.events()) {
            switch (event) {
                case JobEvent.StepCommitted step -> committed = step.step() + 1;
                case JobEvent.Started started -> {
                    redone += Math.max(0, committed - started.step());
                    committed = started.step();
                }
                case JobEvent.StateLoaded loaded -> {
                    redone += Math.max(0, committed - loaded.step());
                    committed = loaded.step();
                }
                default -> {}
            }
        }
        return redone;
    }

    /// From each commit to the next.
    private static double[] lengths(List<StepLine> steps) {
        return IntStream.range(1, steps.size())
                .mapToDouble(i -> seconds(steps.get(i - 1).instant(), steps.get(i).instant()))
                .toArray();
    }

    /// The median.
    static double secondsPerStep(List<StepLine> steps) {
        return median(lengths(steps));
    }

    static double median(double[] values) {
        double[] sorted = Arrays.stream(values).sorted().toArray();
        return sorted.length == 0 ? Double.NaN : sorted[sorted.length / 2];
    }

    static double seconds(Instant from, Instant to) {
        return Duration.between(from, to).toNanos() / 1e9;
    }
}
