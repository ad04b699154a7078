package dev.pando.chaos.survival;

import dev.pando.actors.job.JobEvent;
import dev.pando.chaos.faults.Effect;
import dev.pando.runtime.folder.EventLine;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/// What one fault did to a run: when it was noticed, how the run went on, and what it cost.
///
/// @param at when it struck, in seconds since the first committed step
/// @param kind of the fault
/// @param fault as a script says it
/// @param who was struck
/// @param means what happened, in a sentence
/// @param noticed seconds until the run noticed; NaN: there was nothing to notice
/// @param evidence how it noticed
/// @param nextCommit seconds until the next step was committed; NaN if none was
/// @param back seconds until as many workers took part as before; NaN: none was lost, or none came back
/// @param cost seconds by which the steps from here to the next fault took longer than an undisturbed one, as far as
///   they stand out
/// @param actions what was done about it, in order
record Scar(
        double at,
        String kind,
        String fault,
        String who,
        String means,
        double noticed,
        String evidence,
        double nextCommit,
        double back,
        double cost,
        List<String> actions) {
    private static final double NOTICED_WITHIN_SECONDS = 40;
    private static final double HEALED_WITHIN_SECONDS = 60;
    private static final double STANDS_OUT = 1.5; // times the median of a step: below that it is noise
    private static final int MOST_ACTIONS = 8;

    /// @param until when the next fault struck
    /// @param pace how long a step takes undisturbed
    /// @param unclaimed events that are evidence of no earlier fault; what is evidence of this one is taken out
    static Scar of(
            Blow blow,
            Instant until,
            Instant first,
            double[] commits,
            double[] lengths,
            double pace,
            List<EventLine> events,
            List<EventLine> unclaimed,
            int fullStrength) {
        Instant struck = blow.struck().orElseThrow();
        double at = Survival.seconds(first, struck);
        List<EventLine> after = events.stream().filter(line -> !line.time().isBefore(struck)).toList();
        Optional<EventLine> noticed =
                unclaimed.stream()
                        .filter(line -> !line.time().isBefore(struck))
                        .filter(line -> isEvidence(line, blow, until))
                        .filter(line -> Survival.seconds(struck, line.time()) < NOTICED_WITHIN_SECONDS)
                        .findFirst();
        noticed.ifPresent(unclaimed::remove);
        double nextCommit = Double.NaN;
        double cost = 0;
        double last = until.equals(Instant.MAX) ? at + HEALED_WITHIN_SECONDS : Survival.seconds(first, until);
        for (int i = 1; i < commits.length; i++) {
            if (commits[i] >= at) {
                nextCommit = Double.isNaN(nextCommit) ? commits[i] - at : nextCommit;
                boolean isOurs = commits[i - 1] < Math.min(last, at + HEALED_WITHIN_SECONDS);
                cost += isOurs && lengths[i - 1] > STANDS_OUT * pace ? lengths[i - 1] - pace : 0;
            }
        }
        return new Scar(
                at,
                blow.fault().effect().kind().words(),
                blow.fault().toString(),
                blow.who(),
                means(blow),
                noticed.map(line -> Survival.seconds(struck, line.time())).orElse(Double.NaN),
                noticed.map(line -> evidence(line.event())).orElse(""),
                nextCommit,
                noticed.map(line -> back(struck, line, after, fullStrength)).orElse(Double.NaN),
                cost,
                noticed.map(line -> actions(line, after, until)).orElse(List.of()));
    }

    private static String means(Blow blow) {
        if (!blow.isOfProcess()) {
            return blow.fault().effect().kind().does();
        }
        return switch (blow.fault().effect()) {
            case Effect.Kill() ->
                    "The node's process is killed: its workers, their memory, and whatever it led are gone at once."
                            + " Another process is started in its place.";
            case Effect.Hang() -> "The node's process is frozen, its connections stay open; after a while it is reset.";
            default -> "The node's process is frozen, then continues as if nothing had happened.";
        };
    }

    /// A worker of the node that was struck tells of that fault, however late; anything else only of the newest fault.
    private static boolean isEvidence(EventLine line, Blow blow, Instant until) {
        boolean isNewest = line.time().isBefore(until);
        return switch (line.event()) {
            case JobEvent.WorkerLost lost -> isEvidence(lost.worker(), blow, isNewest);
            case JobEvent.WorkerFellSilent silent -> isEvidence(silent.worker(), blow, isNewest);
            case JobEvent.StepDropped _, JobEvent.CheckpointFailed _ -> isNewest;
            case JobEvent.Started started -> isNewest && started.resumed();
            default -> false;
        };
    }

    private static boolean isEvidence(String worker, Blow blow, boolean isNewest) {
        return blow.node().isEmpty() ? isNewest : isOn(worker, blow.node());
    }

    /// Whether a worker such as `node-3.worker-0#2` or `node-3@2.worker-0` is the node's.
    private static boolean isOn(String worker, String node) {
        return worker.startsWith(node + ".") || worker.startsWith(node + "@");
    }

    private static String evidence(JobEvent event) {
        return switch (event) {
            case JobEvent.WorkerLost lost -> lost.worker() + ": " + lost.evidence();
            case JobEvent.WorkerFellSilent silent -> silent.worker() + ": " + silent.evidence();
            case JobEvent.StepDropped dropped -> "step " + dropped.step() + " was dropped: " + dropped.reason();
            case JobEvent.CheckpointFailed failed -> failed.sentence();
            case JobEvent.Started started -> "another supervisor went on after step " + started.step();
            default -> "";
        };
    }

    private static double back(Instant struck, EventLine noticed, List<EventLine> after, int fullStrength) {
        if (!(noticed.event() instanceof JobEvent.WorkerLost)
                && !(noticed.event() instanceof JobEvent.WorkerFellSilent)) {
            return Double.NaN;
        }
        return after.stream()
                .filter(line -> line.time().isAfter(noticed.time()))
                .filter(line ->
                        line.event() instanceof JobEvent.EpochOpened opened && opened.workers().size() >= fullStrength)
                .findFirst()
                .map(line -> Survival.seconds(struck, line.time()))
                .orElse(Double.NaN);
    }

    private static List<String> actions(EventLine noticed, List<EventLine> after, Instant until) {
        return after.stream()
                .filter(line -> !line.time().isBefore(noticed.time()) && line.time().isBefore(until))
                .filter(line -> Survival.seconds(noticed.time(), line.time()) < HEALED_WITHIN_SECONDS)
                .map(line -> action(line.event()))
                .filter(action -> !action.isEmpty())
                .distinct()
                .limit(MOST_ACTIONS)
                .toList();
    }

    private static String action(JobEvent event) {
        return switch (event) {
            case JobEvent.ShardsMoved moved ->
                    "batch shards "
                            + moved.shards().stream().map(String::valueOf).collect(Collectors.joining(", "))
                            + " of step "
                            + moved.step()
                            + " went to "
                            + moved.to();
            case JobEvent.RungTried tried ->
                    tried.rung().name().toLowerCase(Locale.ROOT).replace('_', ' ') + ": " + tried.subject();
            case JobEvent.StateLoaded loaded -> "the state of step " + loaded.step() + " from " + loaded.checkpoint();
            case JobEvent.WorkerJoined joined -> joined.worker() + " took part from step " + joined.step() + " on";
            case JobEvent.Started started when started.resumed() ->
                    "another supervisor went on after step " + started.step();
            default -> "";
        };
    }
}
