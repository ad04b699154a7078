package dev.pando.runtime.report;

import dev.pando.actors.job.Epoch;
import dev.pando.actors.job.JobEvent;
import dev.pando.runtime.folder.EventLine;
import dev.pando.runtime.folder.StepLine;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/// One thing that went wrong, what was done about it, and how long it took.
///
/// @param at when it was noticed, on the run's time axis, in seconds
/// @param kind `fault`, `resume`, `warning` or `failure`
/// @param step in flight
/// @param what happened, in one sentence
/// @param actions that followed until the next step was committed
/// @param before when the step before was committed: the step that was hit began then, and the fault is no older; NaN
///   if there was none
/// @param committed when the next step was committed; NaN if none was
/// @param rejoined when the same device took part again, as a rule by a new incarnation; NaN if it did not, or if no
///   worker was lost
record Incident(
        double at,
        String kind,
        long step,
        String what,
        List<String> actions,
        double before,
        double committed,
        double rejoined) {

    /// All that went wrong in a run, in order.
    static List<Incident> of(List<StepLine> steps, List<EventLine> events, Timeline timeline) {
        double[] commits = steps.stream().mapToDouble(step -> timeline.at(step.instant())).toArray();
        List<Incident> incidents = new ArrayList<>();
        for (int i = 0; i < events.size(); i++) {
            EventLine line = events.get(i);
            double at = timeline.at(line.time());
            double committed = nextCommit(commits, at);
            double before = commitBefore(commits, at);
            switch (line.event()) {
                case JobEvent.WorkerLost lost ->
                        incidents.add(
                                new Incident(
                                        at,
                                        "fault",
                                        lost.step(),
                                        lost.worker() + " was lost: " + lost.evidence(),
                                        actions(events, i, committed, timeline),
                                        before,
                                        committed,
                                        rejoined(events, i, lost.worker(), timeline)));
                case JobEvent.WorkerFellSilent silent ->
                        incidents.add(
                                new Incident(
                                        at,
                                        "fault",
                                        silent.step(),
                                        silent.worker() + " fell silent: " + silent.evidence(),
                                        actions(events, i, committed, timeline),
                                        before,
                                        committed,
                                        rejoined(events, i, silent.worker(), timeline)));
                case JobEvent.Started started when timeline.isTakeover(line) ->
                        incidents.add(
                                new Incident(
                                        at,
                                        isTold(events, timeline, before, committed) ? "resume" : "fault",
                                        started.step(),
                                        "the job's supervisor was lost: another one went on after "
                                                + started.step()
                                                + " steps"
                                                + lost(line),
                                        actions(events, i, committed, timeline),
                                        before,
                                        committed,
                                        Double.NaN));
                case JobEvent.Started started when started.resumed() ->
                        incidents.add(
                                plain(
                                        at,
                                        "resume",
                                        started.step(),
                                        "the run went on after " + started.step() + " steps" + lost(line),
                                        committed));
                case JobEvent.StateLoaded loaded when line.lost() > 0 ->
                        incidents.add(
                                plain(
                                        at,
                                        "warning",
                                        loaded.step(),
                                        "the job went back to "
                                                + loaded.checkpoint()
                                                + lost(line)
                                                + (loaded.damaged().isEmpty()
                                                        ? ""
                                                        : "; passed over " + String.join("; ", loaded.damaged())),
                                        committed));
                case JobEvent.StateLoaded loaded when !loaded.damaged().isEmpty() ->
                        incidents.add(
                                plain(
                                        at,
                                        "warning",
                                        loaded.step(),
                                        "passed over " + String.join("; ", loaded.damaged()),
                                        committed));
                case JobEvent.WorkerFellBehind slow ->
                        incidents.add(
                                plain(
                                        at,
                                        "warning",
                                        slow.step(),
                                        String.format(
                                                Locale.ROOT,
                                                "%s takes %.1f times as long as the middle worker",
                                                slow.worker(),
                                                slow.times()),
                                        committed));
                case JobEvent.WorkerRefused refused ->
                        incidents.add(
                                plain(
                                        at,
                                        "warning",
                                        refused.step(),
                                        refused.worker() + " takes no part: " + refused.sentence(),
                                        committed));
                case JobEvent.CheckpointFailed failed ->
                        incidents.add(plain(at, "warning", failed.step(), failed.sentence(), committed));
                case JobEvent.RungTried(var rung, long step, var why) when rung == JobEvent.Rung.SKIP_DATA ->
                        incidents.add(plain(at, "warning", step, "step " + step + " was skipped: " + why, committed));
                case JobEvent.Failed failed ->
                        incidents.add(plain(at, "failure", failed.step(), failed.diagnosis(), Double.NaN));
                default -> {}
            }
        }
        return incidents;
    }

    /// What an event did about a fault, in words; empty for events that are no such thing.
    static String action(JobEvent event) {
        return switch (event) {
            case JobEvent.ShardsMoved moved ->
                    (moved.shards().size() == 1 ? "batch shard " : "batch shards ")
                            + moved.shards().stream().map(String::valueOf).collect(Collectors.joining(", "))
                            + " went to "
                            + moved.to();
            case JobEvent.StepDropped dropped ->
                    "step " + dropped.step() + " was dropped and computed again: " + dropped.reason();
            case JobEvent.RungTried tried ->
                    tried.rung().name().toLowerCase(Locale.ROOT).replace('_', ' ') + ": " + tried.subject();
            case JobEvent.StateLoaded loaded -> "state of step " + loaded.step() + " from " + loaded.checkpoint();
            case JobEvent.WorkerJoined joined -> joined.worker() + " took part from step " + joined.step() + " on";
            case JobEvent.WorkerLeft left -> left.worker() + " left with its node";
            case JobEvent.WorkerFellBehind slow -> slow.worker() + " got less to do, since it is slow";
            case JobEvent.WorkerKeptUp worker -> worker.worker() + " kept up again";
            case JobEvent.EpochOpened opened ->
                    "epoch " + Epoch.text(opened.epoch()) + " with " + String.join(", ", opened.workers());
            case JobEvent.WorkerLost _, JobEvent.WorkerFellSilent _ -> "";
            case JobEvent.Started _, JobEvent.StepCommitted _, JobEvent.SnapshotTaken _ -> "";
            case JobEvent.CheckpointDurable _, JobEvent.CheckpointFailed _, JobEvent.WorkerRefused _ -> "";
            case JobEvent.Finished _, JobEvent.Stopped _, JobEvent.Failed _ -> "";
        };
    }

    /// Whether a worker was lost between two commits: then a lost supervisor is part of that fault.
    private static boolean isTold(List<EventLine> events, Timeline timeline, double before, double committed) {
        return events.stream()
                .filter(line ->
                        line.event() instanceof JobEvent.WorkerLost
                                || line.event() instanceof JobEvent.WorkerFellSilent)
                .mapToDouble(line -> timeline.at(line.time()))
                .anyMatch(at -> !(at < before) && !(at > committed));
    }

    private static String lost(EventLine line) {
        return switch ((int) Math.min(line.lost(), 2)) {
            case 0 -> "";
            case 1 -> "; 1 committed step was computed once more";
            default -> "; " + line.lost() + " committed steps were computed once more";
        };
    }

    private static Incident plain(double at, String kind, long step, String what, double committed) {
        return new Incident(at, kind, step, what, List.of(), Double.NaN, committed, Double.NaN);
    }

    private static double commitBefore(double[] commits, double at) {
        int found = Arrays.binarySearch(commits, at);
        int before = found < 0 ? -found - 2 : found;
        return before >= 0 ? commits[before] : Double.NaN;
    }

    private static double nextCommit(double[] commits, double after) {
        int found = Arrays.binarySearch(commits, after);
        int next = found < 0 ? -found - 1 : found + 1;
        return next < commits.length ? commits[next] : Double.NaN;
    }

    private static List<String> actions(List<EventLine> events, int incident, double committed, Timeline timeline) {
        return events.stream()
                .skip(incident + 1L)
                .takeWhile(line ->
                        !(line.event() instanceof JobEvent.WorkerLost)
                                && !(line.event() instanceof JobEvent.WorkerFellSilent)
                                && !(timeline.at(line.time()) > committed))
                .map(line -> action(line.event()))
                .filter(action -> !action.isEmpty())
                .limit(12)
                .toList();
    }

    private static double rejoined(List<EventLine> events, int incident, String worker, Timeline timeline) {
        return events.stream()
                .skip(incident + 1L)
                .filter(line ->
                        line.event() instanceof JobEvent.EpochOpened opened
                                && opened.workers().stream()
                                        .anyMatch(other -> Timeline.device(other).equals(Timeline.device(worker))))
                .mapToDouble(line -> timeline.at(line.time()))
                .findFirst()
                .orElse(Double.NaN);
    }
}
