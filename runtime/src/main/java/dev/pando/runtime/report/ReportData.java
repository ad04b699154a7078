package dev.pando.runtime.report;

import dev.pando.actors.job.Epoch;
import dev.pando.actors.job.JobEvent;
import dev.pando.runtime.folder.EventLine;
import dev.pando.runtime.folder.SampleLine;
import dev.pando.runtime.folder.StepLine;
import java.util.List;

/// All that the report's page draws, computed from a run's files alone.
///
/// @param outcome `finished`, `stopped`, `failed`, or `unfinished` where the run says nothing about its end
/// @param sentence of the outcome
/// @param hash of the final state, or empty
record ReportData(
        String name,
        String outcome,
        String sentence,
        String hash,
        String begun,
        String versions,
        String config,
        List<Timeline.Session> sessions,
        Curves curves,
        List<Timeline.Lane> lanes,
        List<Incident> incidents,
        List<Mark> epochs,
        List<Mark> checkpoints,
        List<SampleLine> samples) {

    /// One column for each field of a committed step that was not skipped.
    ///
    /// @param at on the time axis, in seconds
    record Curves(
            double[] at,
            long[] step,
            double[] loss,
            double[] gradNorm,
            double[] learningRate,
            double[] tokensPerSecond,
            int[] workers,
            long[] epoch) {
        static Curves of(List<StepLine> steps, Timeline timeline) {
            return new Curves(
                    steps.stream().mapToDouble(step -> timeline.at(step.instant())).toArray(),
                    steps.stream().mapToLong(StepLine::step).toArray(),
                    steps.stream().mapToDouble(StepLine::loss).toArray(),
                    steps.stream().mapToDouble(StepLine::gradNorm).toArray(),
                    steps.stream().mapToDouble(StepLine::learningRate).toArray(),
                    steps.stream().mapToDouble(StepLine::tokensPerSecond).toArray(),
                    steps.stream().mapToInt(StepLine::workers).toArray(),
                    steps.stream().mapToLong(StepLine::epoch).toArray());
        }
    }

    /// A moment with a label.
    record Mark(double at, long step, String label) {}

    static ReportData of(
            String name,
            String config,
            String versions,
            List<StepLine> steps,
            List<EventLine> events,
            List<SampleLine> samples) {
        Timeline timeline = new Timeline(steps, events);
        JobEvent last =
                events.stream()
                        .map(EventLine::event)
                        .filter(ReportData::decides)
                        .reduce((first, second) -> second)
                        .orElse(null);
        return new ReportData(
                name,
                outcome(last),
                sentence(last),
                last instanceof JobEvent.Finished finished ? finished.hash() : "",
                events.isEmpty() ? "" : events.getFirst().time().toString(),
                versions,
                config,
                timeline.sessions(),
                Curves.of(thinned(steps.stream().filter(step -> !step.wasSkipped()).toList()), timeline),
                timeline.lanes(),
                Incident.of(steps, events, timeline),
                events.stream().flatMap(line -> epoch(line, timeline).stream()).toList(),
                events.stream().flatMap(line -> checkpoint(line, timeline).stream()).toList(),
                samples);
    }

    private static final int MOST_STEPS = 20_000;

    /// Evenly spaced steps of a very long run: more than the widest screen has columns.
    private static List<StepLine> thinned(List<StepLine> steps) {
        int stride = Math.ceilDiv(steps.size(), MOST_STEPS);
        return stride <= 1
                ? steps
                : java.util.stream.IntStream.range(0, steps.size())
                        .filter(i -> i % stride == 0 || i == steps.size() - 1)
                        .mapToObj(steps::get)
                        .toList();
    }

    private static boolean decides(JobEvent event) {
        return event instanceof JobEvent.Started
                || event instanceof JobEvent.Finished
                || event instanceof JobEvent.Stopped
                || event instanceof JobEvent.Failed;
    }

    private static String outcome(JobEvent last) {
        return switch (last) {
            case JobEvent.Finished _ -> "finished";
            case JobEvent.Stopped _ -> "stopped";
            case JobEvent.Failed _ -> "failed";
            case null, default -> "unfinished";
        };
    }

    private static String sentence(JobEvent last) {
        return switch (last) {
            case JobEvent.Finished finished -> "All " + finished.step() + " steps are committed.";
            case JobEvent.Stopped stopped ->
                    "Stopped on request after " + stopped.step() + " steps, with a checkpoint.";
            case JobEvent.Failed failed -> failed.diagnosis();
            case null, default -> "The run has not ended, or ended without a word.";
        };
    }

    private static List<Mark> epoch(EventLine line, Timeline timeline) {
        return line.event() instanceof JobEvent.EpochOpened opened
                ? List.of(
                        new Mark(
                                timeline.at(line.time()),
                                opened.step(),
                                "epoch " + Epoch.text(opened.epoch()) + ": " + opened.reason()))
                : List.of();
    }

    private static List<Mark> checkpoint(EventLine line, Timeline timeline) {
        return line.event() instanceof JobEvent.CheckpointDurable durable
                ? List.of(
                        new Mark(
                                timeline.at(line.time()),
                                durable.step(),
                                String.format(
                                        java.util.Locale.ROOT,
                                        "checkpoint of step %d: %.1f MB in %.2f s",
                                        durable.step(),
                                        durable.bytes() / 1e6,
                                        durable.seconds())))
                : List.of();
    }
}
